// Names as pictures: each is drawn once into one texture and kept there while it is in use.

import type { Theme } from "./theme.ts";

const ATLAS_PX = 2048;
const PADDING_PX = 4;

export interface LabelCell {
  x: number;
  y: number;
  widthPx: number;
  heightPx: number;
  lastUse: number;
}

export class LabelAtlas {
  readonly canvas = new OffscreenCanvas(ATLAS_PX, ATLAS_PX);
  isDirty = true;
  #context = this.canvas.getContext("2d")!;
  #cells = new Map<string, LabelCell>();
  #freeSlots: { x: number; y: number }[] = [];
  #use = 0;
  #fontPx: number;
  #ratio: number;
  #slotWidth: number;
  #slotHeight: number;
  #theme: Theme;

  constructor(fontPx: number, pixelRatio: number, theme: Theme) {
    this.#fontPx = fontPx;
    this.#ratio = pixelRatio;
    this.#theme = theme;
    this.#slotWidth = Math.ceil((fontPx * 11 + 2 * PADDING_PX) * pixelRatio);
    this.#slotHeight = Math.ceil((fontPx * 1.4 + 2 * PADDING_PX) * pixelRatio);
    this.#freeAll();
  }

  /** Side of the texture in its own pixels. */
  get sizePx(): number {
    return ATLAS_PX;
  }

  /** Draws all names anew, as after a change of theme or once the font has come. */
  restyle(theme: Theme): void {
    this.#theme = theme;
    this.#cells.clear();
    this.#context.clearRect(0, 0, ATLAS_PX, ATLAS_PX);
    this.#freeAll();
    this.isDirty = true;
  }

  /** Starts a round of choosing; cells not asked for since may be given to others. */
  beginRound(): void {
    this.#use += 1;
  }

  /** The size of a name in CSS pixels and its place, or null where the texture is full. */
  cell(text: string): LabelCell | null {
    const held = this.#cells.get(text);
    if (held) {
      held.lastUse = this.#use;
      return held;
    }
    const slot = this.#freeSlots.pop() ?? this.#evict();
    if (!slot) return null;
    const cell = this.#draw(text, slot);
    this.#cells.set(text, cell);
    return cell;
  }

  #draw(text: string, slot: { x: number; y: number }): LabelCell {
    const context = this.#context;
    context.clearRect(slot.x, slot.y, this.#slotWidth, this.#slotHeight);
    context.save();
    context.translate(slot.x, slot.y);
    context.scale(this.#ratio, this.#ratio);
    context.font = `600 ${this.#fontPx}px "Noto Sans", system-ui, sans-serif`;
    const mostPx = this.#slotWidth / this.#ratio - 2 * PADDING_PX;
    const shown = shortened(context, text, mostPx);
    const textPx = Math.min(mostPx, context.measureText(shown).width);
    const heightPx = this.#slotHeight / this.#ratio;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = this.#fontPx * 0.28;
    context.strokeStyle = this.#theme.labelHalo;
    context.strokeText(shown, PADDING_PX, heightPx / 2);
    context.fillStyle = this.#theme.labelText;
    context.fillText(shown, PADDING_PX, heightPx / 2);
    context.restore();
    this.isDirty = true;
    return { ...slot, widthPx: Math.ceil(textPx) + 2 * PADDING_PX, heightPx, lastUse: this.#use };
  }

  #evict(): { x: number; y: number } | undefined {
    for (const [text, cell] of this.#cells) {
      if (cell.lastUse >= this.#use - 1) continue;
      this.#cells.delete(text);
      this.#freeSlots.push({ x: cell.x, y: cell.y });
    }
    return this.#freeSlots.pop();
  }

  #freeAll(): void {
    this.#freeSlots = [];
    for (let y = 0; y + this.#slotHeight <= ATLAS_PX; y += this.#slotHeight) {
      for (let x = 0; x + this.#slotWidth <= ATLAS_PX; x += this.#slotWidth) this.#freeSlots.push({ x, y });
    }
  }
}

function shortened(context: OffscreenCanvasRenderingContext2D, text: string, mostPx: number): string {
  if (context.measureText(text).width <= mostPx) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > mostPx) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
