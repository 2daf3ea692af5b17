// The string literals of a TypeScript source, told apart from comments and code: enough of a reader
// for sources that are formatted as ours are, and far less than a compiler.

/** For each string and each literal part of a template: its text as written, its line, and the code right before it. */
export function literalsOf(source) {
  const found = [];
  read(source, 0, null, found);
  return found.map(({ text, at }) => ({ text, line: source.slice(0, at).split("\n").length, before: source.slice(Math.max(0, at - 30), at) }));
}

/** Reads code until the brace that closes it, or the end; answers where that is. */
function read(source, from, closing, found) {
  let depth = 0;
  let last = "";
  let i = from;
  while (i < source.length) {
    const char = source[i];
    if (source.startsWith("//", i)) i = endOf(source, "\n", i);
    else if (source.startsWith("/*", i)) i = endOf(source, "*/", i + 2);
    else if (char === '"' || char === "'") i = readString(source, i, found);
    else if (char === "`") i = readTemplate(source, i + 1, found);
    else if (char === "/" && !/[\w)\]}]/.test(last)) i = readPattern(source, i + 1);
    else {
      if (char === "{") depth += 1;
      if (char === "}" && closing !== null && depth-- === 0) return i + 1;
      if (/\S/.test(char)) last = char;
      i += 1;
      continue;
    }
    last = '"';
    if (char === "/") last = "";
  }
  return i;
}

function endOf(source, mark, from) {
  const at = source.indexOf(mark, from);
  return at === -1 ? source.length : at + mark.length;
}

function readString(source, from, found) {
  let i = from + 1;
  while (i < source.length && source[i] !== source[from]) i += source[i] === "\\" ? 2 : 1;
  found.push({ text: source.slice(from + 1, i), at: from });
  return i + 1;
}

function readTemplate(source, from, found) {
  let start = from;
  let i = from;
  for (;;) {
    if (i >= source.length || source[i] === "`" || source.startsWith("${", i)) {
      if (i > start) found.push({ text: source.slice(start, i), at: start });
      if (!source.startsWith("${", i)) return i + 1;
      i = start = read(source, i + 2, "}", found);
      continue;
    }
    i += source[i] === "\\" ? 2 : 1;
  }
}

/** A regular expression; a slash within a class does not end it. */
function readPattern(source, from) {
  let isClass = false;
  let i = from;
  for (; i < source.length && source[i] !== "\n"; i++) {
    if (source[i] === "\\") i += 1;
    else if (source[i] === "[") isClass = true;
    else if (source[i] === "]") isClass = false;
    else if (source[i] === "/" && !isClass) return i + 1;
  }
  return i;
}
