// Map text is drawn from woff2 files of our own, so no glyph server is needed. Scripts not listed
// here fall back to the machine's fonts.

import cyrillic400 from "@fontsource/noto-sans/files/noto-sans-cyrillic-400-normal.woff2";
import cyrillic600 from "@fontsource/noto-sans/files/noto-sans-cyrillic-600-normal.woff2";
import greek400 from "@fontsource/noto-sans/files/noto-sans-greek-400-normal.woff2";
import greek600 from "@fontsource/noto-sans/files/noto-sans-greek-600-normal.woff2";
import latin400 from "@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff2";
import latin600 from "@fontsource/noto-sans/files/noto-sans-latin-600-normal.woff2";
import latinExt400 from "@fontsource/noto-sans/files/noto-sans-latin-ext-400-normal.woff2";
import latinExt600 from "@fontsource/noto-sans/files/noto-sans-latin-ext-600-normal.woff2";

export interface FontFile {
  url: string;
  "unicode-range": string[];
}

export const REGULAR = faces(latin400, latinExt400, cyrillic400, greek400);
export const SEMIBOLD = faces(latin600, latinExt600, cyrillic600, greek600);

function faces(latin: string, latinExt: string, cyrillic: string, greek: string): FontFile[] {
  return [
    { url: latin, "unicode-range": ["U+0-FF", "U+2000-206F", "U+20AC", "U+2122"] },
    { url: latinExt, "unicode-range": ["U+100-2AF", "U+1E00-1EFF"] },
    { url: cyrillic, "unicode-range": ["U+400-4FF"] },
    { url: greek, "unicode-range": ["U+370-3FF"] },
  ];
}
