import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  ...readdirSync(ROOT),
  ...['docs', 'config/examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, String(name))),
  ),
].filter((name) => name.endsWith('.md'));

function text(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** A page without its fenced blocks, in which a bracket is no link and a `#` is no heading. */
function prose(page: string): string {
  return text(page).replaceAll(/^```[^]*?^```$/gm, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): Set<string> {
  const headings = [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** README.md, CONTRIBUTING.md, docs/ and similar pages. */
describe('the pages', () => {
  it('are those that there are', () => {
    for (const page of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/design.md'])
      assert.ok(PAGES.includes(page), page);
  });

  it('have links that lead to a file, and to a heading in it', () => {
    let links = 0;
    for (const page of PAGES) {
      for (const [, link = ''] of prose(page).matchAll(/\]\(([^)]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        links += 1;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(ROOT, target)), `${page}: ${link}`);
        if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) continue;
        assert.ok(anchors(target).has(anchor), `${page}: ${link}`);
      }
    }
    assert.ok(links > 100, `${links}`);
  });

  it('name files and folders of the tree that are there', () => {
    for (const page of PAGES) {
      for (const [, path = ''] of prose(page).matchAll(
        /`((?:test|server|config|menus|policy)\/[\w./-]+)`/g,
      )) {
        // Capitals stand for the reader's own names.
        if (!/[A-Z]{2}/.test(path)) assert.ok(existsSync(join(ROOT, path)), `${page}: ${path}`);
      }
    }
  });

  it('have lines that a terminal shows: at most 120 characters, but for tables, commands and drawings', () => {
    for (const page of PAGES) {
      // Tables made from schemas have one line for each row.
      const written = prose(page).replaceAll(/^<!-- reference[^]*?^<!-- end -->$/gm, '');
      for (const line of written.split('\n')) {
        const free = line.startsWith('|') || line.startsWith('    ');
        if (!free) assert.ok(line.length <= 120, `${page}: ${line}`);
      }
    }
    for (const [index, line] of text('docs/design.md').split('\n').entries())
      assert.ok(line.length < 250, `docs/design.md:${index + 1}`);
  });

  it('tell the changes of the version that this is', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    const lock = JSON.parse(text('package-lock.json')) as { version: string };
    assert.match(
      text('CHANGELOG.md'),
      new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`, 'm'),
    );
    assert.equal(lock.version, version);
  });
});
