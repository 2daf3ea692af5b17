// Names as pictures: each is drawn once into one texture and kept there while it is in use. Drawing
// is what costs, so a round of choosing draws only so many new ones.

import type { Theme } from "./theme.ts";

/** Side of the texture; the larger one where the smaller has no room for a crowd of large names. */
const SIDES_PX = [2048, 4096] as const;
const ENOUGH_SLOTS = 60;
const PADDING_PX = 4;
const MOST_DRAWN_A_ROUND = 30;
/** Above this many letters that were measured, as of a fleet of all scripts, it is begun anew. */
const MOST_LETTERS = 5_000;

export interface LabelCell {
  x: number;
  y: number;
  widthPx: number;
  heightPx: number;
  lastUse: number;
}

/** A part of the texture, in its own pixels. */
export interface Slot {
  x: number;
  y: number;
}

export class LabelAtlas {
  readonly canvas: OffscreenCanvas;
  /** Side of the texture in its own pixels. */
  readonly sizePx: number;
  /** The slots that the graphics card lacks. */
  dirty: Slot[] = [];
  readonly slotWidth: number;
  readonly slotHeight: number;
  // It is read back to be uploaded, slot by slot.
  readonly context: OffscreenCanvasRenderingContext2D;
  #cells = new Map<string, LabelCell>();
  #letterPx = new Map<string, number>();
  #freeSlots: Slot[] = [];
  #use = 0;
  #drawnInRound = 0;
  #fontPx: number;
  #ratio: number;
  #theme: Theme;

  constructor(fontPx: number, pixelRatio: number, theme: Theme) {
    this.#fontPx = fontPx;
    this.#ratio = pixelRatio;
    this.#theme = theme;
    this.slotWidth = Math.ceil((fontPx * 11 + 2 * PADDING_PX) * pixelRatio);
    this.slotHeight = Math.ceil((fontPx * 1.4 + 2 * PADDING_PX) * pixelRatio);
    const slots = (sidePx: number) => Math.floor(sidePx / this.slotWidth) * Math.floor(sidePx / this.slotHeight);
    this.sizePx = SIDES_PX.find((sidePx) => slots(sidePx) >= ENOUGH_SLOTS) ?? SIDES_PX[1];
    this.canvas = new OffscreenCanvas(this.sizePx, this.sizePx);
    this.context = this.canvas.getContext("2d", { willReadFrequently: true })!;
    this.#freeAll();
  }

  /** The height of any name in CSS pixels. */
  get heightPx(): number {
    return this.slotHeight / this.#ratio;
  }

  /** Draws all names anew, as after a change of theme or once the font has come. */
  restyle(theme: Theme): void {
    this.#theme = theme;
    this.#cells.clear();
    this.#letterPx.clear();
    this.context.clearRect(0, 0, this.sizePx, this.sizePx);
    this.#freeAll();
    this.dirty = [];
  }

  /** The graphics card has nothing of it yet, or nothing any more. */
  sendAll(): void {
    this.dirty = [...this.#cells.values()];
  }

  /** Starts a round of choosing; cells not asked for since may be given to others. */
  beginRound(): void {
    this.#use += 1;
    this.#drawnInRound = 0;
  }

  /** The width of a name in CSS pixels, by its letters: no need to draw it for that. */
  widthPx(text: string): number {
    const held = this.#cells.get(text);
    if (held) return held.widthPx;
    let widthPx = 0;
    for (const letter of text) widthPx += this.#letterPx.get(letter) ?? this.#measure(letter);
    return Math.ceil(Math.min(this.#mostTextPx, widthPx)) + 2 * PADDING_PX;
  }

  /** A name's picture, or null where the texture is full or the round has drawn its share. */
  cell(text: string, isUrgent: boolean): LabelCell | null {
    const held = this.#cells.get(text);
    if (held) {
      held.lastUse = this.#use;
      return held;
    }
    if (this.#drawnInRound >= MOST_DRAWN_A_ROUND && !isUrgent) return null;
    const slot = this.#freeSlots.pop() ?? this.#evict();
    if (!slot) return null;
    this.#drawnInRound += 1;
    const cell = this.#draw(text, slot);
    this.#cells.set(text, cell);
    return cell;
  }

  get #mostTextPx(): number {
    return this.slotWidth / this.#ratio - 2 * PADDING_PX;
  }

  get #font(): string {
    return `600 ${this.#fontPx}px "Noto Sans", system-ui, sans-serif`;
  }

  #measure(letter: string): number {
    if (this.#letterPx.size >= MOST_LETTERS) this.#letterPx.clear();
    this.context.font = this.#font;
    const { width } = this.context.measureText(letter);
    this.#letterPx.set(letter, width);
    return width;
  }

  #draw(text: string, slot: Slot): LabelCell {
    const { context } = this;
    context.clearRect(slot.x, slot.y, this.slotWidth, this.slotHeight);
    context.save();
    // A name is drawn from the left of its slot, whichever way the page runs.
    context.direction = "ltr";
    context.translate(slot.x, slot.y);
    context.scale(this.#ratio, this.#ratio);
    context.font = this.#font;
    const mostPx = this.#mostTextPx;
    const shown = shortened(context, text, mostPx);
    const textPx = Math.min(mostPx, context.measureText(shown).width);
    const { heightPx } = this;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = this.#fontPx * 0.28;
    context.strokeStyle = this.#theme.labelHalo;
    context.strokeText(shown, PADDING_PX, heightPx / 2);
    context.fillStyle = this.#theme.labelText;
    context.fillText(shown, PADDING_PX, heightPx / 2);
    context.restore();
    this.dirty.push(slot);
    return { ...slot, widthPx: Math.ceil(textPx) + 2 * PADDING_PX, heightPx, lastUse: this.#use };
  }

  #evict(): Slot | undefined {
    for (const [text, cell] of this.#cells) {
      if (cell.lastUse >= this.#use - 1) continue;
      this.#cells.delete(text);
      this.#freeSlots.push({ x: cell.x, y: cell.y });
    }
    return this.#freeSlots.pop();
  }

  #freeAll(): void {
    this.#freeSlots = [];
    for (let y = 0; y + this.slotHeight <= this.sizePx; y += this.slotHeight) {
      for (let x = 0; x + this.slotWidth <= this.sizePx; x += this.slotWidth) this.#freeSlots.push({ x, y });
    }
  }
}

function shortened(context: OffscreenCanvasRenderingContext2D, text: string, mostPx: number): string {
  if (context.measureText(text).width <= mostPx) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > mostPx) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
