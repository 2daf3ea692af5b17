// What processes hold, as the kernel tells it; null where it does not.

import fs from "node:fs";

export function serverFigures(pid) {
  return { rss: rssMb(pid), fds: countIn(`/proc/${pid}/fd`), threads: countIn(`/proc/${pid}/task`) };
}

/** Of all processes of a browser together. */
export async function browserMb(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const all = processInfo.map(({ id }) => rssMb(id));
  return all.includes(null) ? null : all.reduce((sum, mb) => sum + mb, 0);
}

function rssMb(pid) {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(kib) / 1_024;
  } catch {
    return null;
  }
}

function countIn(folder) {
  try {
    return fs.readdirSync(folder).length;
  } catch {
    return null;
  }
}
