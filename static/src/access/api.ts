// Asks the server, one way for all pages: what it answers, or one kind of failure with the
// server's code and words. A session that has ended leads to the login page, whatever was asked.

import { loginAddress } from "./own-path.ts";
import { words } from "../words/words.ts";

const TIMEOUT_MS = 20_000;

export class ApiFailure extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  /** After how many seconds it may be tried again, where the server says so. */
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

export interface Answer<Content> {
  content: Content;
  /** When it was given, by the server's clock where that is told. */
  atMs: number;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Asks and answers what came, `null` where nothing did; throws an `ApiFailure`. */
export async function ask<Content>(method: Method, path: string, body?: object): Promise<Answer<Content>> {
  const request: RequestInit = { method, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "content-type": "application/json" };
  }
  const response = await fetch(new URL(path, location.origin), request).catch(() => {
    throw new ApiFailure(0, "no_answer", words.failures.no_answer);
  });
  if (!response.ok) throw await failureOf(response);
  const text = await response.text();
  const toldMs = Date.parse(response.headers.get("date") ?? "");
  return { content: (text === "" ? null : JSON.parse(text)) as Content, atMs: Number.isNaN(toldMs) ? Date.now() : toldMs };
}

/** The same for pages behind the login: only the content, and away to it where the session is over. */
export async function call<Content = null>(method: Method, path: string, body?: object): Promise<Content> {
  return (await orToLogin(ask<Content>(method, path, body))).content;
}

/** Goes away to the login page where what was asked found nobody signed in. */
export async function orToLogin<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiFailure && error.code === "not_signed_in") leave();
    throw error;
  }
}

/** Whether the way to the login page has been taken: a second step on it would break off the first. */
let isLeaving = false;

function leave(): void {
  if (isLeaving) return;
  isLeaving = true;
  addEventListener("pageshow", () => (isLeaving = false), { once: true }); // somebody came back to the page as it was
  location.assign(loginAddress());
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code?: unknown; message?: unknown } };
  const code = typeof error?.code === "string" ? error.code : "failed";
  const message = typeof error?.message === "string" ? error.message : words.failure.answered(response.status);
  const retry = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new ApiFailure(response.status, code, message, Number.isNaN(retry) ? null : retry);
}
