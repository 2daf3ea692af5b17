// Which form of a word goes with a number: English has two, Polish four, Arabic six. A language
// names the forms it has; `other` is what all of them have.

export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Chooses among a word's forms by the rules of a language. */
export function pluralsOf(language: string): (count: number, forms: Forms) => string {
  let rules: Intl.PluralRules | undefined;
  return (count, forms) => forms[(rules ??= new Intl.PluralRules(language)).select(count)] ?? forms.other;
}
