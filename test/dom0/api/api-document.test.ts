import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VERB_TABLE } from '../../../server/dom0/operations/verb-table.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';

const run = promisify(execFile);
const DOCUMENT = fileURLToPath(new URL('../../../../docs/dom0-api.md', import.meta.url));

/** The names of a JSON value's keys at all depths. A list has the shape of its first item. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== 'object' || value === null) return 'a value';
  return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
}

describe('docs/dom0-api.md', () => {
  let house: Dom0UnderTest;
  let text: string;
  before(async () => {
    text = await readFile(DOCUMENT, 'utf8');
    house = await Dom0UnderTest.make(['horatio']);
    house.toolstack.put('horatio');
    house.consoles.staysOpen = true;
    // The example's rescue stays running, so that its output does not depend on time.
    house.toolstack.on.set('shutdown', () => new Promise(() => undefined));
    await house.start();
  });
  after(() => house.dispose());

  it('has examples that run as they stand, and answers of the shape that it shows', async function () {
    if (
      await run('curl', ['--version']).then(
        () => false,
        () => true,
      )
    )
      this.skip();
    const blocks = [...text.matchAll(/^```(sh|json)\n([\s\S]*?)^```$/gm)].map(([, kind, body]) => ({
      kind,
      body: body ?? '',
    }));
    const [first, ...rest] = blocks;
    assert.ok(rest.filter(({ kind }) => kind === 'sh').length >= 9);
    let answered = 0;
    for (const [index, { kind, body }] of rest.entries()) {
      if (kind !== 'sh') continue;
      const script = `set -eu\n${first?.body ?? ''}${body}`;
      const { stdout } = await run('/bin/sh', ['-c', script], {
        env: { PATH: process.env['PATH'], DOM0: house.settings.socket },
      });
      const shown = rest[index + 1];
      if (shown?.kind !== 'json') continue;
      answered += 1;
      assert.deepEqual(shape(JSON.parse(stdout)), shape(JSON.parse(shown.body)), `${body}\n${stdout}`);
    }
    assert.equal(answered, 9);
  });

  it('shows the table of states and verbs as it is', () => {
    const rows = [...text.matchAll(/^\| ([a-z-]+) +\|((?: +(?:go|=|-) +\|)+)$/gm)];
    assert.equal(rows.length, 7);
    const signs = { go: 'go', already: '=', refuse: '-' } as const;
    for (const [, state = '', cells = ''] of rows) {
      const table = Object.values(VERB_TABLE[state as keyof typeof VERB_TABLE]).map(
        ({ does }) => signs[does],
      );
      assert.deepEqual(
        cells
          .split('|')
          .slice(0, -1)
          .map((cell) => cell.trim()),
        table,
        state,
      );
    }
  });
});
