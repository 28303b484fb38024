/** Text as roff, with the macros of man(7). */

/** Escapes a text, so that roff shows it as it is. `-` becomes the character that can be typed, as in options. */
export function plain(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('~', String.raw`\(ti`)
    .replaceAll('^', String.raw`\(ha`)
    .replaceAll('`', String.raw`\(ga`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll(/^\./gm, String.raw`\&.`)
    .replaceAll(/[^\n\x20-\x7e]/gu, escaped);
}

/** A character as groff_char(7) names it by its code point. */
function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return String.raw`\[u${code}]`;
}

export function bold(text: string): string {
  return String.raw`\fB${plain(text)}\fR`;
}

/** Text with code spans and links of Markdown: the spans are bold, the links only their words. */
export function spans(text: string): string {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : plain(part)))
    .join('')
    .replaceAll(/^\./gm, String.raw`\&.`);
}

/** The first lines of a page. @param about what NAME says behind the dash */
export function head(name: string, section: 1 | 5, version: string, about: string): readonly string[] {
  return [
    `.TH ${plain(name.toUpperCase())} ${section} "" "Postern ${version}" "Postern"`,
    // A terminal breaks no word of a command, and fills no line with blanks.
    '.nh',
    '.ad l',
    '.SH NAME',
    String.raw`${plain(name)} \- ${spans(about)}`,
  ];
}

export function section(title: string): string {
  return `.SH ${plain(title)}`;
}

export function subsection(title: string): string {
  return `.SS ${plain(title)}`;
}

/** A term, and its explanation below. Both are roff. */
export function term(name: string, meaning: string): readonly string[] {
  return ['.TP', name, meaning === '' ? String.raw`\&` : meaning];
}

/** Lines as they stand. */
export function verbatim(lines: readonly string[]): readonly string[] {
  return ['.PP', '.nf', ...lines.map((line) => (line === '' ? String.raw`\&` : plain(line))), '.fi'];
}
