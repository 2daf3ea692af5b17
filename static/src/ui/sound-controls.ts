// What one sees of the alarms' sound: whether it is on, off or blocked, a button that changes it, a
// test; in the settings the volume too. The wall may mount them as well.

import type { Severity } from "../protocol.ts";
import { SEVERITIES } from "../page/alarm-order.ts";
import type { AlarmSound } from "./alarm-sound.ts";
import { h, setText } from "./dom.ts";
import { words } from "../words/words.ts";

/** One line: what is so, and what can be done about it. */
export function soundLine(sound: AlarmSound): HTMLElement {
  const text = h("span", { role: "status" });
  const act = h("button", { type: "button", class: "bar-button" });
  const test = h("button", { type: "button", class: "bar-button" }, words.sound.test);
  act.addEventListener("click", () => (sound.state === "on" || sound.state === "elsewhere" ? sound.disarm() : sound.arm()));
  test.addEventListener("click", () => sound.test("alarm"));
  const line = h("div", { class: "sound-line" }, text, act, test);
  const show = () => {
    const { state } = sound;
    line.dataset["state"] = state;
    setText(text, { off: words.sound.off, blocked: words.sound.blocked, on: words.sound.on, elsewhere: words.sound.elsewhere }[state]);
    setText(act, state === "off" ? words.sound.arm : state === "blocked" ? words.sound.unblock : words.sound.disarm);
    act.setAttribute("aria-label", words.sound.named(act.textContent ?? ""));
    test.setAttribute("aria-label", words.sound.named(words.sound.test));
  };
  sound.onChange(show);
  show();
  return line;
}

/** The same with the volume, and a test of each severity. */
export function soundSettings(sound: AlarmSound): HTMLElement {
  const volume = h("input", { type: "range", id: "alarm-volume", min: "0", max: "100", step: "5" });
  volume.value = String(Math.round(sound.volume * 100));
  volume.addEventListener("input", () => (sound.volume = Number(volume.value) / 100));
  const tests = SEVERITIES.map((severity: Severity) => {
    const button = h("button", { type: "button", class: "bar-button", "aria-label": words.sound.testOf[severity] }, words.severity[severity]);
    button.addEventListener("click", () => sound.test(severity));
    return button;
  });
  const level = h("div", { class: "sound-volume" }, h("label", { for: "alarm-volume" }, words.sound.volume), volume);
  return h("fieldset", { class: "setting sound-settings" }, h("legend", {}, words.sound.title), soundLine(sound), level, h("div", { class: "sound-tests" }, ...tests));
}
