// Webhooks as the server tells them; only administrators are answered.

import { ask } from "../access/api.ts";
import type { AlarmKind, Severity } from "../protocol.ts";

export interface Webhook {
  id: string;
  name: string;
  url: string;
  enabled: boolean;
  /** Absent: all. */
  kinds?: AlarmKind[];
  severities?: Severity[];
  health?: WebhookHealth;
}

export interface WebhookHealth {
  state: "well" | "failing" | "off";
  last_success_at?: string;
  last_failure_at?: string;
  last_error?: string;
  waiting: number;
  dropped: number;
}

export const WEBHOOK_PATH = "/api/v1/webhooks";

/** None where one may not see them. */
export async function fetchWebhooks(): Promise<Webhook[]> {
  const answer = await ask<{ webhooks: Webhook[] }>("GET", WEBHOOK_PATH).catch(() => null);
  return answer?.content.webhooks ?? [];
}
