// A server of another build, where there is but one binary: on their way through a proxy all places
// that name the build are given another one of the same length. The page that is loaded through it
// is of that build, and its hello says so too.

/** Letters and digits, as builds are named. */
const NAME = /^[\w-]{6,}$/;

/** For `CutProxy.rewrite`: what comes down says `renamed.to` for `renamed.from`, once it is given. */
export function rewriteBuild(renamed) {
  return (bytes, way) => {
    if (way === "up") return askedPlainly(bytes);
    if (renamed.from === undefined) return bytes;
    return Buffer.from(bytes.toString("latin1").replaceAll(renamed.from, renamed.to), "latin1");
  };
}

/** A name as long as this one. */
export function anotherThan(build) {
  if (!NAME.test(build)) throw new Error(`${JSON.stringify(build)} is no build that could be told from other text`);
  return [...build].map((letter) => (letter === "0" ? "1" : "0")).join("");
}

/** Without compression, since text can only be replaced where it can be read. */
function askedPlainly(bytes) {
  return Buffer.from(bytes.toString("latin1").replace(/^Accept-Encoding:/im, "X-Was-Encoding:").replace(/^Sec-WebSocket-Extensions:/im, "X-Was-Extensions:"), "latin1");
}
