// The codes that displays show: six letters and digits, read in two threes.

export const CODE_LENGTH = 6;

/** The code in what somebody typed. */
export function codeOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, "");
}

/** "K7M 4TX", as it is shown everywhere. */
export function shownCode(code: string): string {
  return code.length > CODE_LENGTH / 2 ? `${code.slice(0, CODE_LENGTH / 2)} ${code.slice(CODE_LENGTH / 2)}` : code;
}
