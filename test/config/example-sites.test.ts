import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import { loadPolicy } from '../../config/policy-directory.js';

const EXAMPLES = new URL('../../../config/examples/', import.meta.url);

function path(name: string): string {
  return fileURLToPath(new URL(name, EXAMPLES));
}

/** config/examples/: the settings of a small and a large site, to copy unchanged. */
describe('the example sites', () => {
  for (const site of ['small', 'large']) {
    const dom0Files = readdirSync(path(site)).filter((name) => /^dom0.*\.yaml$/.test(name));

    it(`${site}: its settings load, and its gate names the hosts that there are`, () => {
      const gate = loadGateSettings(path(`${site}/gate.yaml`));
      assert.ok(gate.ok, JSON.stringify(gate));
      const hosts = dom0Files.map((name) => {
        const dom0 = loadDom0Settings(path(`${site}/${name}`));
        assert.ok(dom0.ok, JSON.stringify(dom0));
        return dom0.settings.host;
      });
      assert.ok(hosts.length > 0);
      assert.deepEqual(gate.settings.hosts.map(({ name }) => name).sort(), hosts.sort());
    });

    it(`${site}: its policy loads without a warning, and its own tests pass`, () => {
      const policy = loadPolicy(path(`${site}/policy.d`));
      assert.ok(policy.ok, JSON.stringify(policy));
      assert.deepEqual(policy.warnings, []);
      assert.ok(policy.tests.length >= 5);
    });

    it(`${site}: its policy names boot profiles that every host offers`, () => {
      const policy = loadPolicy(path(`${site}/policy.d`));
      assert.ok(policy.ok);
      const named = policy.policy.rules.flatMap(({ profiles }) => profiles);
      for (const name of dom0Files) {
        const dom0 = loadDom0Settings(path(`${site}/${name}`));
        assert.ok(dom0.ok);
        const offered = Object.keys(dom0.settings.profiles);
        for (const profile of named) assert.ok(offered.includes(profile), `${name} offers ${profile}`);
      }
    });

    it(`${site}: editors find the policy's schema from each of its files`, () => {
      for (const name of readdirSync(path(`${site}/policy.d`))) {
        const [first = ''] = readFileSync(path(`${site}/policy.d/${name}`), 'utf8').split('\n', 1);
        const schema = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1];
        assert.ok(schema !== undefined, name);
        assert.ok(existsSync(new URL(schema, new URL(`${site}/policy.d/${name}`, EXAMPLES))), name);
      }
    });
  }

  it('are told apart in a page whose links lead somewhere', () => {
    const page = readFileSync(path('README.md'), 'utf8');
    const links = [...page.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    assert.ok(links.includes('small') && links.includes('large'));
    for (const link of links) assert.ok(existsSync(new URL(link, EXAMPLES)), link);
  });
});
