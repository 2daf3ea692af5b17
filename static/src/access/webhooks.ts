// Webhooks: what is told of alarms as they come, with how well that goes. A secret signs each
// delivery; it is shown once, when the webhook is made.

import { newId } from "../page/kept-list.ts";
import { KINDS } from "../page/rules.ts";
import { SEVERITIES } from "../page/alarm-order.ts";
import { WEBHOOK_PATH } from "../page/webhooks.ts";
import type { Webhook, WebhookHealth } from "../page/webhooks.ts";
import type { AlarmKind, Severity } from "../protocol.ts";
import { h } from "../ui/dom.ts";
import { hookHealthText } from "../ui/rule-words.ts";
import { call } from "./api.ts";
import { confirm, formDialog, showOnce } from "./dialogs.ts";
import { ListPage } from "./list-page.ts";
import type { Me } from "./model.ts";
import { actions, badge, button, field, refuse, table, textInput } from "./parts.ts";
import { words } from "../words/words.ts";

const BADGES: Record<WebhookHealth["state"], string> = { well: "good", failing: "bad", off: "plain" };
const NO_HEALTH: WebhookHealth = { state: "off", waiting: 0, dropped: 0 };

export async function showWebhooks(main: HTMLElement, _me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const { webhooks } = await call<{ webhooks: Webhook[] }>("GET", WEBHOOK_PATH);
    if (webhooks.length === 0) return [h("p", { class: "note empty" }, words.webhooks.none)];
    return [table(words.pages.webhooks, [words.access.name, words.access.address, words.access.for, words.access.state, ""], webhooks.map((hook) => row(hook, page)))];
  });
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button(words.webhooks.add, "primary", () => edit(page, null)));
  main.append(head, h("p", { class: "note" }, words.webhooks.lead), page.notice.element, h("section", { class: "card" }, page.body));
  await page.show();
}

function row(hook: Webhook, page: ListPage): (Node | string)[] {
  const health = hook.enabled ? (hook.health ?? NO_HEALTH) : { ...(hook.health ?? NO_HEALTH), state: "off" as const };
  const state = h("div", {}, badge(words.hookHealth.states[health.state], BADGES[health.state]), h("p", { class: "note" }, hookHealthText(health, Date.now())));
  const test = () => page.act(() => call<{ status?: number } | null>("POST", `${pathOf(hook)}/test`), (answer) => words.webhooks.answered(hook.name, answer?.status));
  const toggle = () => page.act(() => put({ ...hook, enabled: !hook.enabled }), hook.enabled ? words.webhooks.isOff(hook.name) : words.webhooks.isOn(hook.name));
  const buttons = [button(words.webhooks.test, "quiet", test), button(words.access.change, "quiet", () => edit(page, hook)), button(hook.enabled ? words.webhooks.turnOff : words.webhooks.turnOn, "quiet", toggle), button(words.webhooks.remove, "quiet", () => remove(page, hook))];
  for (const one of buttons) one.setAttribute("aria-label", words.access.named(one.textContent ?? "", hook.name));
  return [h("span", { class: "name" }, hook.name), h("span", { class: "address" }, hook.url), scopeText(hook), state, actions(...buttons)];
}

/** "All alarms", "Panic button; alarms only". */
function scopeText({ kinds = [], severities = [] }: Webhook): string {
  const named = [...kinds.map((kind) => words.alarmKinds[kind]), ...severities.map((severity) => words.severity[severity])];
  return named.length === 0 ? words.webhooks.allAlarms : named.join(", ");
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
  if (await confirm(words.webhooks.removeAsk(hook.name), words.webhooks.removeText, words.webhooks.removeIt)) await page.act(() => call("DELETE", pathOf(hook)), words.webhooks.removed(hook.name));
}

function edit(page: ListPage, before: Webhook | null): void {
  const name = textInput({ maxlength: "64" });
  const url = textInput({ maxlength: "2000", inputmode: "url", placeholder: "https://" });
  name.value = before?.name ?? "";
  url.value = before?.url ?? "";
  const kinds = ticks(words.webhooks.onlyKinds, KINDS.map((kind) => [kind, words.alarmKinds[kind]] as const), before?.kinds ?? []);
  const severities = ticks(words.webhooks.onlySeverities, SEVERITIES.map((severity) => [severity, words.severity[severity]] as const), before?.severities ?? []);
  formDialog(before === null ? words.webhooks.add : words.access.changeNamed(before.name), [field(words.access.name, name), field(words.access.address, url, words.webhooks.addressNote), severities.element, kinds.element], before === null ? words.webhooks.addIt : words.access.save, async (notice) => {
    if (name.value.trim() === "") {
      refuse(notice, name, words.access.enterName);
      return false;
    }
    if (!URL.canParse(url.value.trim())) {
      refuse(notice, url, words.webhooks.badAddress);
      return false;
    }
    const [chosenKinds, chosenSeverities] = [kinds.chosen() as AlarmKind[], severities.chosen() as Severity[]];
    const { kinds: _kinds, severities: _severities, ...kept } = before ?? { id: newId("hook"), enabled: true };
    const answer = await put({ ...kept, name: name.value.trim(), url: url.value.trim(), ...(chosenKinds.length > 0 && { kinds: chosenKinds }), ...(chosenSeverities.length > 0 && { severities: chosenSeverities }) });
    await page.show();
    if (answer?.secret !== undefined) showOnce(words.webhooks.secretOf(name.value.trim()), words.webhooks.once, answer.secret);
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
  const element = h("fieldset", {}, h("legend", {}, title), h("p", { class: "note" }, words.webhooks.noneTicked), h("div", { class: "choices in-row" }, ...boxes.map(({ label }) => label)));
  return { element, chosen: () => boxes.filter(({ input }) => input.checked).map(({ input }) => input.value) };
}
