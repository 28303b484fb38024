import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../server/cli/command/version.js';
import { debianChangelog } from '../../server/package/debian-changelog.js';

const ROOT = join(import.meta.dirname, '../../..');
const MAINTAINER = 'A <a@example.net>';
const TEXT = `# Changelog

A word before.

## Unreleased

- Not in it.

## 1.1.0 - 2026-11-30

### Upgrade

Read this first.

### Added

- A first thing, over
  two lines. ([The page](docs/page.md#part))
- A second, see [the page](docs/page.md), and ${'words that go on '.repeat(8).trim()}.

## 1.0.0 - 2026-11-29

The first version.
`;

describe("the package's changelog", () => {
  it('is CHANGELOG.md in the form that Debian reads, without what is not released', () => {
    assert.equal(
      debianChangelog(TEXT, '1.1.0', MAINTAINER),
      `postern (1.1.0) stable; urgency=medium


  [ Upgrade ]
  * Read this first.

  [ Added ]
  * A first thing, over two lines.
  * A second, see the page, and words that go on words that go on words that
    go on words that go on words that go on words that go on words that go on
    words that go on.

 -- A <a@example.net>  Mon, 30 Nov 2026 00:00:00 +0000

postern (1.0.0) stable; urgency=medium

  * The first version.

 -- A <a@example.net>  Sun, 29 Nov 2026 00:00:00 +0000
`,
    );
  });

  it('is refused for a version that CHANGELOG.md does not have as its newest', () => {
    assert.throws(
      () => debianChangelog(TEXT, '1.2.0', MAINTAINER),
      /^Error: CHANGELOG\.md has 1\.1\.0 as its newest version, and this is 1\.2\.0: write the section "## 1\.2\.0 - YYYY-MM-DD"$/,
    );
    assert.throws(() => debianChangelog('# Changelog\n', '1.0.0', MAINTAINER), /has no version/);
  });

  it('is that of this version, short enough in each line, and read by dpkg', function () {
    const text = debianChangelog(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), VERSION, MAINTAINER);
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > 80 && line.includes(' ', 6)),
      [],
    );
    const parsed = spawnSync('dpkg-parsechangelog', ['-l-', '--all', '-S', 'Version'], {
      input: text,
      encoding: 'utf8',
    });
    if (parsed.error !== undefined) this.skip();
    assert.equal(parsed.stderr, '');
    assert.match(parsed.stdout, /^1\./);
  });
});
