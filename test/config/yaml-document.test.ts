import assert from 'node:assert/strict';
import { SourceText } from '../../config/source-text.js';
import type { YamlDocument } from '../../config/yaml-document.js';
import { parseYaml } from '../../config/yaml-document.js';

function read(text: string): YamlDocument {
  const parsed = parseYaml(new SourceText('a.yaml', text));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.document;
}

/** `line:column sentence` of each problem. */
function problems(text: string): readonly string[] {
  const parsed = parseYaml(new SourceText('a.yaml', text));
  assert.ok(!parsed.ok, 'it was read');
  return parsed.problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`);
}

/** The value as plain objects. */
function value(text: string): unknown {
  return JSON.parse(JSON.stringify(read(text).value));
}

describe('parseYaml', () => {
  describe('refuses, with the place and one sentence', () => {
    const nested = Array.from({ length: 9 }, (_, index) => {
      const before = `*a${index - 1}`;
      const list = index === 0 ? 'x' : Array.from({ length: 10 }, () => before).join(', ');
      return `a${index}: &a${index} [${list}]\n`;
    }).join('');
    const table: readonly (readonly [string, string, string])[] = [
      ['a key twice', 'a: 1\nb: 2\na: 3\n', '3:1 This key stands here twice.'],
      ['a key twice in JSON', '{"a": 1,\n "a": 2}', '2:2 This key stands here twice.'],
      ['a tab that indents', 'a:\n\tb: 1\n', '2:1 A tab cannot indent here; use spaces.'],
      [
        'an unquoted star',
        'a: [*]\n',
        '1:5 Unquoted, * begins an alias of YAML; a glob that begins with * needs quotes.',
      ],
      [
        'an unquoted glob that begins with a star',
        'a: [x, *-sql]\n',
        '1:8 Unquoted, *-sql is an alias of YAML; in front of a text, * needs quotes.',
      ],
      ['an alias inside of itself', 'a: &x [1, *x]\n', '1:11 *x stands inside of what it is an alias of.'],
      ['a mapping inside of itself', 'a: &x\n  b: *x\n', '2:6 *x stands inside of what it is an alias of.'],
      ['a second document', 'a: 1\n---\nb: 2\n', '2:1 A second document begins here; a file holds one.'],
      [
        'a directive',
        '%YAML 1.1\n---\na: no\n',
        '1:1 Directives (%…) are not used here; the file is YAML 1.2.',
      ],
      [
        'a tag',
        'a: !!binary aGk=\n',
        '1:4 Tags (!…) are not used here; put a text that begins with ! in quotes.',
      ],
      [
        'an unquoted text that begins with !',
        'a: !x\n',
        '1:4 Tags (!…) are not used here; put a text that begins with ! in quotes.',
      ],
      [
        'an unquoted text that begins with @',
        'a: @x\n',
        '1:4 An unquoted text cannot begin so; put it in quotes.',
      ],
      [
        'a colon in an unquoted text',
        'reason: Closed: ask us\n',
        '1:9 A second ": " in one line; put the text in quotes when it is meant as such.',
      ],
      ['a number as a key', '12: x\n', '1:1 A key must be text; quote it when it is meant as such.'],
      ['true as a key', 'true: x\n', '1:1 A key must be text; quote it when it is meant as such.'],
      ['a list as a key', '? [a]\n: x\n', '1:3 A key must be text; quote it when it is meant as such.'],
      ['a NUL', 'a: \0\n', '1:4 A control character is not text.'],
      ['an escape character', 'a: b\n# \u001b[2J\n', '2:3 A control character is not text.'],
      [
        'an open bracket',
        'a: [b\nc: d\n',
        '2:1 A bracket that was opened is not closed, or this is not indented far enough for what is inside.',
      ],
      ['an open quote', 'a: "b\n', '2:1 A quote that was opened is not closed.'],
      ['brackets without end', `a: ${'['.repeat(100_000)}`, '1:67 This is nested too deeply.'],
      ['dashes without end', '- '.repeat(100_000), '1:128 This is nested too deeply.'],
      ['question marks without end', '? '.repeat(100_000), '1:128 This is nested too deeply.'],
    ];
    for (const [name, text, expected] of table) {
      it(name, () => {
        assert.deepEqual(problems(text), [expected]);
      });
    }

    it('an alias bomb: a few lines that stand for a thousand million values', () => {
      const [first] = problems(nested);
      assert.match(first ?? '', /^\d+:\d+ The aliases of this file stand for too many values\.$/);
    });

    it('each broken line once, and no more than five', () => {
      assert.equal(problems('a: 1\n'.repeat(9)).length, 5);
    });
  });

  describe('reads', () => {
    it('yes, no, on and off as texts, as YAML 1.2 does', () => {
      assert.deepEqual(value('a: [yes, no, on, off, y, n, NO]\n'), {
        a: ['yes', 'no', 'on', 'off', 'y', 'n', 'NO'],
      });
    });
    it('what the core schema makes of words and numbers, which keep their spelling', () => {
      const document = read('a: [true, 0x10, 1e3, 012, ~]\n');
      assert.deepEqual(JSON.parse(JSON.stringify(document.value)), { a: [true, 16, 1000, 12, null] });
      const spelt = ['0', '1', '2', '3', '4'].map((index) => document.spelt(['a', index]));
      assert.deepEqual(spelt, ['true', '0x10', '1e3', '012', '~']);
    });
    it('times, sexagesimals and versions as texts', () => {
      assert.deepEqual(value('a: [1:30, 2024-05-01, 1.2.3, 1_000]\n'), {
        a: ['1:30', '2024-05-01', '1.2.3', '1_000'],
      });
    });
    it('<< as any other key: nothing is merged', () => {
      assert.deepEqual(value('a: &a {b: 1}\nc:\n  <<: *a\n'), { a: { b: 1 }, c: { '<<': { b: 1 } } });
    });
    it('aliases of small things', () => {
      assert.deepEqual(value('a: &a [x, y]\nb: *a\nc: [*a, *a]\n'), {
        a: ['x', 'y'],
        b: ['x', 'y'],
        c: [
          ['x', 'y'],
          ['x', 'y'],
        ],
      });
    });
    it('an alias of the newest anchor of a name', () => {
      assert.deepEqual(value('a: &x 1\nb: &x 2\nc: *x\n'), { a: 1, b: 2, c: 2 });
    });
    it('__proto__ as a key like any other', () => {
      const document = read('__proto__: {polluted: yes}\nconstructor: 1\n').value as object;
      assert.deepEqual(Object.keys(document), ['__proto__', 'constructor']);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    });
    it('JSON with tabs, and Windows line ends, and a byte order mark', () => {
      assert.deepEqual(value('{\n\t"a": [\n\t\t1,\n\t\t"b"\n\t]\n}\n'), { a: [1, 'b'] });
      assert.deepEqual(value('\uFEFFa: 1\r\nb: "x"\r\n'), { a: 1, b: 'x' });
    });
    it('an empty file, or one of comments, as nothing', () => {
      for (const text of ['', '\n\n', '# only\n# comments\n', '---\n', '---\n...\n']) {
        assert.equal(read(text).value, null, JSON.stringify(text));
      }
    });
  });

  it('knows where keys and values stand, and the nearest thing around what is missing', () => {
    const document = read('a:\n  b: [1, two]\n  c:\n');
    const at = (path: readonly string[], what: 'key' | 'value' = 'value'): string => {
      const { line, column } = document.source.place(document.offset(path, what));
      return `${line}:${column}`;
    };
    assert.deepEqual(
      [at(['a'], 'key'), at(['a', 'b'], 'key'), at(['a', 'b']), at(['a', 'b', '1']), at(['a', 'c'], 'key')],
      ['1:1', '2:3', '2:6', '2:10', '3:3'],
    );
    assert.deepEqual([at(['a', 'nosuch']), at(['a', 'b', '7']), at(['z'])], ['2:3', '2:6', '1:1']);
  });
});
