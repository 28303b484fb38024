import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Yaml from 'yaml';
import { yaml } from '../../config/yaml-package.js';

const ROOT = join(import.meta.dirname, '../../..');
const plain = createRequire(import.meta.url)('yaml') as typeof Yaml;

describe('the packed yaml', () => {
  it('is what the build made, with all that the package has', () => {
    assert.notEqual(yaml.Composer, plain.Composer);
    assert.deepEqual(Object.keys(yaml).toSorted(), Object.keys(plain).toSorted());
  });

  it('shares its modules as the package does', () => {
    const document = yaml.parseDocument('a: [1, {b: &x c}, *x]');
    assert.ok(document instanceof yaml.Document);
    assert.ok(yaml.isMap(document.contents));
    assert.ok(plain.isMap(document.contents), 'marks nodes by the same symbol');
  });

  it('reads files with the same values, places and problems', () => {
    const files = globSync('{config,policy,test}/**/*.{yaml,yml}', { cwd: ROOT });
    assert.ok(files.length > 3, files.join());
    const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'));
    for (const text of [
      ...texts,
      'a: 1\na: 2',
      'a: [',
      '\ta: 1',
      '%YAML 1.1\n--- yes',
      '!!binary aGk=',
      'x: &y 1\nz: *y',
    ]) {
      const [ours, theirs] = [yaml.parseDocument(text), plain.parseDocument(text)];
      const problems = ({ errors, warnings }: Yaml.Document): unknown =>
        [...errors, ...warnings].map(({ code, message, pos }) => ({ code, message, pos }));
      assert.deepEqual(problems(ours), problems(theirs), text);
      if (theirs.errors.length === 0) assert.deepEqual(ours.toJS(), theirs.toJS(), text);
    }
  });
});
