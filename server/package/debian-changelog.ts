/** One version in CHANGELOG.md. */
interface Release {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly lines: readonly string[];
}

/** Debian's own limit for a line, which lintian looks at: deb-changelog(5). */
const WIDTH = 78;

/**
 * The package's changelog, made from CHANGELOG.md (https://keepachangelog.com/): an entry for each version, the newest
 * first.
 *
 * @param text the whole of CHANGELOG.md
 * @param version the package's own, which must be the newest there
 * @throws Error that says what to write
 */
export function debianChangelog(text: string, version: string, maintainer: string): string {
  const [newest, ...older] = releasesIn(text);
  if (newest?.version !== version)
    throw new Error(
      `CHANGELOG.md has ${newest?.version ?? 'no version'} as its newest version, and this is ${version}: write the section "## ${version} - YYYY-MM-DD"`,
    );
  return [newest, ...older].map((release) => entryText(release, maintainer)).join('\n');
}

/** What is under "Unreleased" is in no version yet. */
function releasesIn(text: string): readonly Release[] {
  return text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const [, version, date] = /^(\d[\w.+~-]*) - (\d{4}-\d\d-\d\d)$/.exec(heading) ?? [];
      return version === undefined || date === undefined ? [] : [{ version, date, lines }];
    });
}

function entryText({ version, date, lines }: Release, maintainer: string): string {
  const time = new Date(`${date}T00:00:00Z`).toUTCString().replace('GMT', '+0000');
  const body = blocksOf(lines).map(blockText);
  return `postern (${version}) stable; urgency=medium\n\n${body.join('\n')}\n\n -- ${maintainer}  ${time}\n`;
}

/** Headings, items of lists and paragraphs, each in one line. */
function blocksOf(lines: readonly string[]): readonly string[] {
  const blocks: string[] = [];
  let isOpen = false;
  for (const line of lines) {
    const begins = /^(?:#|- )/.test(line);
    if (line.trim() === '') isOpen = false;
    else if (isOpen && !begins) blocks.push(`${blocks.pop() ?? ''} ${line.trim()}`);
    else {
      blocks.push(line.trim());
      isOpen = !line.startsWith('#');
    }
  }
  return blocks;
}

function blockText(block: string): string {
  const heading = /^#+ (.*)$/.exec(block)?.[1];
  if (heading !== undefined) return `\n  [ ${heading} ]`;
  return wrapped(withoutLinks(block.replace(/^- /, '')))
    .map((line, at) => `${at === 0 ? '  * ' : '    '}${line}`)
    .join('\n');
}

/** Of a link the words stay: a page is named by them, and lies beside the changelog. */
function withoutLinks(text: string): string {
  return text.replace(/ ?\(\[[^\]]*\]\([^)]*\)\)/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= WIDTH - 4) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}
