import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { checkPolicy } from '../../config/check-policy.js';
import { DOM0_SCHEMA } from '../../config/dom0-schema.js';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { GATE_SCHEMA } from '../../config/gate-schema.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import { loadPolicy } from '../../config/policy-directory.js';
import { readPolicy } from '../../config/policy-document.js';
import { policySchemaFile, withReferences } from '../../config/reference.js';
import { POLICY_SCHEMA } from '../../policy/policy-schema.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const ROOT = new URL('../../../', import.meta.url);

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** The fenced blocks with this info string. */
function blocks(document: string, info: string): readonly string[] {
  const fenced = /^```([^\n]*)\n([^]*?)^```$/gm;
  return [...document.matchAll(fenced)].flatMap(([, found, body]) => (found === info ? [body ?? ''] : []));
}

describe('what is made from the schemas', () => {
  for (const document of [
    'docs/policy-reference.md',
    'docs/settings.md',
    'docs/declared-customers.md',
    'docs/log-events.md',
  ]) {
    it(`${document} is current: npm run docs`, () => {
      assert.equal(text(document), withReferences(text(document)));
      assert.match(text(document), /<!-- reference [a-z0-9]+ -->\n\n[^]*\|---\|/);
    });
  }

  it('policy/policy.schema.json is current: npm run docs', () => {
    assert.equal(text('policy/policy.schema.json'), policySchemaFile());
  });

  it('says of every key what it is', () => {
    const silent: string[] = [];
    const look = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: Record<string, unknown> };
      for (const [key, child] of Object.entries(properties ?? {})) {
        const described =
          child === true || typeof (child as { description?: unknown }).description === 'string';
        if (!described) silent.push(`${path}.${key}`);
      }
      for (const [key, child] of Object.entries(node)) look(child, `${path}.${key}`);
    };
    for (const schema of [POLICY_SCHEMA, GATE_SCHEMA, DOM0_SCHEMA]) look(schema, schema.title);
    assert.deepEqual(silent, []);
  });
});

describe('the examples', () => {
  const policies = blocks(text('docs/policy.md'), 'yaml');
  policies.forEach((yaml, index) => {
    it(`of docs/policy.md load: ${index + 1} of ${policies.length}`, () => {
      const result = readPolicy([{ file: 'example.yaml', text: yaml }]);
      assert.ok(result.ok, JSON.stringify(result));
    });
  });

  it('of docs/policy.md that are wrong are told so in the words shown', () => {
    const directory = new TemporaryDirectory();
    try {
      const wrongs = text('docs/policy.md')
        .split(/^(?=```yaml wrong$)/m)
        .slice(1);
      assert.ok(wrongs.length >= 2);
      for (const part of wrongs) {
        const [wrong] = blocks(part, 'yaml wrong');
        const [shown] = blocks(part, 'text');
        assert.ok(wrong !== undefined && shown !== undefined);
        const said = checkPolicy([directory.write('10-example.yaml', wrong)], { json: false });
        assert.ok(said.text.replaceAll(`${directory.path}/`, '').startsWith(shown), said.text);
      }
    } finally {
      directory.dispose();
    }
  });

  it('of docs/settings.md load', () => {
    const directory = new TemporaryDirectory();
    try {
      const [gate] = blocks(text('docs/settings.md'), 'yaml gate');
      const [dom0] = blocks(text('docs/settings.md'), 'yaml dom0');
      assert.ok(gate !== undefined && dom0 !== undefined);
      assert.ok(loadGateSettings(directory.write('gate.yaml', gate)).ok);
      assert.ok(loadDom0Settings(directory.write('dom0.yaml', dom0)).ok);
    } finally {
      directory.dispose();
    }
  });

  const examples = readdirSync(new URL('policy/examples/', ROOT));
  for (const name of examples) {
    it(`policy/examples/${name} loads without a warning`, () => {
      const result = loadPolicy(new URL(`policy/examples/${name}`, ROOT).pathname);
      assert.ok(result.ok, JSON.stringify(result));
      assert.deepEqual(result.warnings, []);
      assert.match(
        text(`policy/examples/${name}`),
        /^# yaml-language-server: \$schema=\.\.\/policy\.schema\.json\n/,
      );
    });
  }

  it('the policy that is installed is the one that docs/policy.md shows', () => {
    const installed = loadPolicy(new URL('policy/examples/10-default.yaml', ROOT).pathname);
    const shown = readPolicy([{ file: 'shown.yaml', text: policies[0] ?? '' }]);
    assert.ok(installed.ok && shown.ok);
    const plain = (policy: object): unknown =>
      JSON.parse(JSON.stringify(policy, (key, value: unknown) => (key === 'place' ? undefined : value)));
    assert.deepEqual(plain(shown.policy), plain(installed.policy));
  });
});
