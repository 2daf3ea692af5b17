// Which way words run on this page. Most of what follows from it is the style sheets' business, which
// know start and end and no left and right; here is what is left for code.

export function isRightToLeft(): boolean {
  return document.documentElement.dir === "rtl";
}

/** An arrow key as it is meant: forwards is where words run to. */
export function lineKey(key: string): string {
  if (!isRightToLeft()) return key;
  return key === "ArrowLeft" ? "ArrowRight" : key === "ArrowRight" ? "ArrowLeft" : key;
}
