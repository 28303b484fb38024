import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rules of docs/design.md that the linter cannot check, found in the text of a file. */
const RULES: readonly { readonly rule: string; readonly broken: RegExp; readonly example: string }[] = [
  {
    rule: 'House rule 14: #private, not the keyword',
    broken: /^\s+private\s+[\w#(].*/gm,
    example: 'class Names {\n  private readonly names: string[] = [];\n}',
  },
  {
    rule: 'An interface is named for what it is, without an I before it',
    broken: /^(?:export )?interface I[A-Z].*/gm,
    example: 'export interface IConsole {',
  },
  {
    rule: 'No key is exported as JWK: one that was just generated may block for ever in it (raw-keys.ts)',
    broken: /\.export\(\s*\{[^}]*format:\s*['"]jwk['"]/g,
    example: "const { x } = publicKey.export({\n  format: 'jwk',\n});",
  },
  {
    rule: 'No test asserts how fast a clock went: it measures with processorMs, or waits for the event',
    broken: /assert\.ok\((?:(?:performance|Date)\.now|process\.hrtime\.bigint)\(\) - [\w.]+ <.*/g,
    example: 'assert.ok(performance.now() - began < 2_000);',
  },
];

describe('the house rules', () => {
  const rooms = ['config', 'menus', 'policy', 'server', 'test'];
  const files = rooms
    .flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
    )
    .filter((file) => file.endsWith('.ts') && file !== 'test/house-rules.test.ts');

  for (const { rule, broken, example } of RULES) {
    it(rule, () => {
      assert.match(example, new RegExp(broken.source, 'm'));
      assert.ok(files.length > 500);
      const found = files.flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(broken)].map(([text]) => `${file}: ${text.trim()}`),
      );
      assert.deepEqual(found, []);
    });
  }
});
