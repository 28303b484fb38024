import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readPolicy } from '../../config/policy-document.js';
import { problemText } from '../../config/problem.js';
import { propertyRuns } from '../support/property-runs.js';

const examples = ['10-default.yaml', 'hosting.yaml'].map((name) =>
  readFileSync(new URL(`../../../policy/examples/${name}`, import.meta.url), 'utf8'),
);

/** Pieces that mean something to YAML, to the policy language or to JavaScript. */
const PIECES = [
  ...[
    '\n',
    '\t',
    ' ',
    '  ',
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '#',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!x ',
    '? ',
    '%',
    '@',
    '---\n',
    '...\n',
  ],
  ...[
    'null',
    '~',
    'true',
    '1',
    '-1',
    '1.5',
    '.inf',
    '.nan',
    '0x1',
    '""',
    '[]',
    '{}',
    '<<: ',
    'all',
    '*',
    '**',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'groups',
    'tags',
    'rules',
    'limits',
    'sessions',
    'allow',
    'deny',
    'id',
    'reason',
  ],
  ...['\r\n', '\0', '\u001b', '\uFEFF', '\u2028', '\u202e', '\ud800', '😀', 'é'],
];

const edit = fc.record({
  at: fc.nat(3_000),
  remove: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(200)),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 }), fc.constant('')),
});

const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((result, { at, remove, insert }) => {
      const place = at % (result.length + 1);
      return result.slice(0, place) + insert + result.slice(place + remove);
    }, text),
  );

describe('readPolicy, over many mutated files', () => {
  it('loads them or refuses them with a place, and never throws', () => {
    const runs = propertyRuns('mutated policy files', 500, 20_000);
    const outcomes = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(mutated, (text) => {
        const result = readPolicy([{ file: 'a.yaml', text }]);
        outcomes[result.ok ? 'loaded' : 'refused'] += 1;
        const found = result.ok ? result.warnings : [...result.problems, ...result.warnings];
        const lines = text.replace(/^\uFEFF/, '').split('\n');
        for (const { place, message, lineText } of found) {
          assert.equal(place.file, 'a.yaml');
          assert.match(message, /^[^]+[.]$/);
          if (lineText === null) continue;
          assert.equal(lineText, lines[place.line - 1]?.replace(/\r$/, ''));
          assert.ok(
            place.column >= 1 && place.column <= lineText.length + 2,
            `${place.line}:${place.column}`,
          );
        }
        assert.ok(result.ok || result.problems.length > 0);
        assert.doesNotMatch(problemText(found), /[\u0000-\u0009\u000b-\u001f\u007f]/);
      }),
      runs,
    );
    // The property says little when only one of them comes up.
    assert.ok(
      outcomes.loaded > runs.numRuns / 50 && outcomes.refused > runs.numRuns / 50,
      JSON.stringify(outcomes),
    );
  }).timeout(600_000);
});
