import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import { loadPolicy } from '../../config/policy-directory.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { moveIn, RELEASED } from '../support/released.js';

function filesBelow(folder: string, name: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => join(folder, file));
}

for (const version of readdirSync(RELEASED))
  describe(`what Postern ${version} leaves behind`, () => {
    const released = join(RELEASED, version);

    it('is settings that this version reads', () => {
      for (const file of filesBelow(join(released, 'examples'), /(?:^|\/)gate\.yaml$/))
        assert.deepEqual({ file, ...pick(loadGateSettings(file)) }, { file, ok: true, problems: [] });
      for (const file of filesBelow(join(released, 'examples'), /(?:^|\/)dom0[^/]*\.yaml$/))
        assert.deepEqual({ file, ...pick(loadDom0Settings(file)) }, { file, ok: true, problems: [] });
    });

    it('is policies that this version reads, with their tests', () => {
      const policies = [
        ...filesBelow(released, /(?:^|\/)policy\.d$/),
        ...filesBelow(released, /(?:^|\/)policy-examples\/[^/]*\.yaml$/),
      ];
      assert.ok(policies.length >= 4);
      for (const policy of policies) {
        const loaded = loadPolicy(policy);
        assert.deepEqual([policy, loaded.ok ? [] : loaded.problems], [policy, []]);
      }
    });

    it('is state that both halves go on with: nothing is lost, and what was open is closed', async () => {
      const house = await House.layOut({ customers: { alice: {} } });
      try {
        moveIn(house, released);
        await house.startDom0();
        await house.startGate();
        const admin = async (...words: readonly string[]): Promise<string> => {
          const { status, stdout, stderr } = await house.postern(...words);
          assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
          return stdout;
        };
        assert.match(await admin('customer', 'list'), /alice[^]*bob[^]*carol.*suspended/);
        assert.match(await admin('customer', 'show', 'alice'), /horatio[^]*ophelia/);
        assert.match(await admin('domain', 'show', 'horatio'), /suite=bookworm|suite +bookworm/);
        assert.match(await admin('policy', 'history'), /^2 [^]*^1 /m);
        assert.match(await admin('recording', 'list'), /alice +horatio/);
        assert.match(await admin('audit', '--limit', '200'), /unpaid since March/);
        // Every row of the chain, the old ones and those of this version.
        await admin('audit', 'verify');

        await admin('key', 'add', 'alice', join(house.layout.clientKeys, 'alice.pub'));
        const alice = async (command: string): Promise<string> => {
          const { status, stdout, stderr } = await house.ssh('alice', command);
          assert.equal(status, 0, `${command}: ${stderr}`);
          return stdout;
        };
        assert.match(await alice('horatio log'), /^kept by 1\.0\.0/m);
        // What was under way when the old half was killed is done, or refused because its host has booted since.
        const left = openOperations(readFileSync(join(released, 'dom0/journal.jsonl'), 'utf8'));
        assert.equal(left.length, 1);
        const log = (): string => readFileSync(house.log('dom0'), 'utf8');
        await eventually('the end of what was under way', () =>
          left.every((id) => new RegExp(`"operation":"${id}".*"operation\\.ended"`).test(log())),
        );
        assert.doesNotMatch(log(), /"level":"fatal"|contradicts/);
        await alice('horatio start --wait');
      } finally {
        await house.stop();
      }
    });
  });

/** The operations that have no end in a journal. */
function openOperations(journal: string): readonly string[] {
  const events = journal
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: Readonly<Record<string, unknown>> }).event);
  const ended = new Set(events.filter(({ kind }) => kind === 'ended').map(({ operation }) => operation));
  return events
    .filter(({ kind }) => kind === 'requested')
    .map(({ request }) => (request as { readonly id: string }).id)
    .filter((id) => !ended.has(id));
}

function pick(loaded: { readonly ok: boolean; readonly problems?: readonly unknown[] }): object {
  return { ok: loaded.ok, problems: loaded.problems ?? [] };
}
