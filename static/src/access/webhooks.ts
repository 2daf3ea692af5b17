// Webhooks: what is told of alarms as they come, with how well that goes. A secret signs each
// delivery; it is shown once, when the webhook is made.

import { newId } from "../page/kept-list.ts";
import { KINDS } from "../page/rules.ts";
import { SEVERITIES } from "../page/alarm-order.ts";
import { WEBHOOK_PATH } from "../page/webhooks.ts";
import type { Webhook, WebhookHealth } from "../page/webhooks.ts";
import type { AlarmKind, Severity } from "../protocol.ts";
import { KIND_WORDS, SEVERITY_WORDS } from "../ui/alarm-words.ts";
import { h } from "../ui/dom.ts";
import { HEALTH_OF_HOOK, hookHealthText } from "../ui/rule-words.ts";
import { call } from "./api.ts";
import { confirm, formDialog, showOnce } from "./dialogs.ts";
import { ListPage } from "./list-page.ts";
import type { Me } from "./model.ts";
import { actions, badge, button, field, refuse, table, textInput } from "./parts.ts";

const ONCE_TEXT = "The receiver checks the header Fleetglass-Signature of each delivery with it. It is shown only now.";
const LEAD = "Each alarm is sent to these addresses as it begins, ends or is acknowledged. A rule may name the webhooks it is for.";
const BADGES: Record<WebhookHealth["state"], string> = { well: "good", failing: "bad", off: "plain" };
const NO_HEALTH: WebhookHealth = { state: "off", waiting: 0, dropped: 0 };

export async function showWebhooks(main: HTMLElement, _me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const { webhooks } = await call<{ webhooks: Webhook[] }>("GET", WEBHOOK_PATH);
    if (webhooks.length === 0) return [h("p", { class: "note empty" }, "There are no webhooks yet.")];
    return [table("Webhooks", ["Name", "Address", "For", "State", ""], webhooks.map((hook) => row(hook, page)))];
  });
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button("Add a webhook", "primary", () => edit(page, null)));
  main.append(head, h("p", { class: "note" }, LEAD), page.notice.element, h("section", { class: "card" }, page.body));
  await page.show();
}

function row(hook: Webhook, page: ListPage): (Node | string)[] {
  const health = hook.enabled ? (hook.health ?? NO_HEALTH) : { ...(hook.health ?? NO_HEALTH), state: "off" as const };
  const state = h("div", {}, badge(HEALTH_OF_HOOK[health.state], BADGES[health.state]), h("p", { class: "note" }, hookHealthText(health, Date.now())));
  const test = () => page.act(() => call<{ status?: number } | null>("POST", `${pathOf(hook)}/test`), (answer) => `${hook.name} answered ${answer?.status ?? "well"}.`);
  const toggle = () => page.act(() => put({ ...hook, enabled: !hook.enabled }), `${hook.name} is ${hook.enabled ? "off" : "on"}.`);
  const buttons = [button("Test", "quiet", test), button("Change", "quiet", () => edit(page, hook)), button(hook.enabled ? "Turn off" : "Turn on", "quiet", toggle), button("Delete", "quiet", () => remove(page, hook))];
  for (const one of buttons) one.setAttribute("aria-label", `${one.textContent}: ${hook.name}`);
  return [h("span", { class: "name" }, hook.name), h("span", { class: "address" }, hook.url), scopeText(hook), state, actions(...buttons)];
}

/** "All alarms", "Panic button; alarms only". */
function scopeText({ kinds = [], severities = [] }: Webhook): string {
  const words = [...kinds.map((kind) => KIND_WORDS[kind]), ...severities.map((severity) => SEVERITY_WORDS[severity])];
  return words.length === 0 ? "All alarms" : words.join(", ");
}

function pathOf({ id }: Webhook): string {
  return `${WEBHOOK_PATH}/${encodeURIComponent(id)}`;
}

/** Answers what the server says, the secret of a new one included. */
function put(hook: Webhook): Promise<{ secret?: string } | null> {
  const { id: _id, health: _health, ...body } = hook;
  return call<{ secret?: string } | null>("PUT", pathOf(hook), body);
}

async function remove(page: ListPage, hook: Webhook): Promise<void> {
  if (await confirm(`Delete ${hook.name}?`, "It is sent nothing more, and what waits for it is dropped.", "Delete it")) await page.act(() => call("DELETE", pathOf(hook)), `${hook.name} is deleted.`);
}

function edit(page: ListPage, before: Webhook | null): void {
  const name = textInput({ maxlength: "64" });
  const url = textInput({ maxlength: "2000", inputmode: "url", placeholder: "https://" });
  name.value = before?.name ?? "";
  url.value = before?.url ?? "";
  const kinds = ticks("Only these kinds", KINDS.map((kind) => [kind, KIND_WORDS[kind]] as const), before?.kinds ?? []);
  const severities = ticks("Only these severities", SEVERITIES.map((severity) => [severity, SEVERITY_WORDS[severity]] as const), before?.severities ?? []);
  formDialog(before === null ? "Add a webhook" : `Change ${before.name}`, [field("Name", name), field("Address", url, "https, or this machine."), severities.element, kinds.element], before === null ? "Add it" : "Save", async (notice) => {
    if (name.value.trim() === "") {
      refuse(notice, name, "Enter a name.");
      return false;
    }
    if (!URL.canParse(url.value.trim())) {
      refuse(notice, url, "Enter a whole address, beginning with https://.");
      return false;
    }
    const [chosenKinds, chosenSeverities] = [kinds.chosen() as AlarmKind[], severities.chosen() as Severity[]];
    const { kinds: _kinds, severities: _severities, ...kept } = before ?? { id: newId("hook"), enabled: true };
    const answer = await put({ ...kept, name: name.value.trim(), url: url.value.trim(), ...(chosenKinds.length > 0 && { kinds: chosenKinds }), ...(chosenSeverities.length > 0 && { severities: chosenSeverities }) });
    await page.show();
    if (answer?.secret !== undefined) showOnce(`Secret of ${name.value.trim()}`, ONCE_TEXT, answer.secret);
    return true;
  });
}

/** None ticked is all. */
function ticks(title: string, choices: readonly (readonly [string, string])[], chosen: readonly string[]): { element: HTMLElement; chosen: () => string[] } {
  const boxes = choices.map(([value, text]) => {
    const input = h("input", { type: "checkbox", value });
    input.checked = chosen.includes(value);
    return { input, label: h("label", { class: "choice" }, input, h("span", {}, text)) };
  });
  const element = h("fieldset", {}, h("legend", {}, title), h("p", { class: "note" }, "None ticked: all."), h("div", { class: "choices in-row" }, ...boxes.map(({ label }) => label)));
  return { element, chosen: () => boxes.filter(({ input }) => input.checked).map(({ input }) => input.value) };
}
