import assert from 'node:assert/strict';
import { Command } from 'commander';
import { addCommands } from '../../../server/cli/commands.js';
import { giveAliases } from '../../../server/cli/command/aliases.js';
import { candidatesAt } from '../../../server/cli/completion/candidates.js';
import { typedLine } from '../../../server/cli/completion/command-words.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { ADMIN, customerName, domainName, fingerprint } from '../../support/temporary-store.js';

describe('cli: completion', () => {
  let gate: ControlFixture;
  let settings: string;
  let program: Command;

  before(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
    settings = writeGateSettings(gate.temporary.directory);
    program = new Command('postern');
    await addCommands(program, undefined);
    giveAliases(program);
    for (const name of ['alice', 'albert', 'bob']) gate.store.customers.add(customerName(name), ADMIN);
    const type = 'ssh-ed25519';
    for (const letter of ['a', 'b'])
      gate.store.keys.add(
        {
          customer: customerName('alice'),
          fingerprint: fingerprint(letter),
          type,
          blob: Buffer.from(letter),
          comment: `key\u202e ${letter}`,
        },
        ADMIN,
        9,
      );
    gate.store.roles.add(customerName('alice'), domainName('horatio'), 'owner', ADMIN);
    gate.store.domains.seen([domainName('horatio')]);
    gate.domains.set(domainName('horatio'), domainView(domainName('horatio'), 'running'));
    gate.addSession('7f3a.1', 'alice');
  });
  after(() => gate.remove());

  const offered = async (line: string): Promise<readonly string[]> =>
    (await candidatesAt(program, typedLine(line), settings)).candidates.map(({ word }) => word);

  it('offers commands, subcommands and options, by what is typed of them', async () => {
    assert.deepEqual(await offered('postern ses'), ['session']);
    assert.deepEqual(await offered('postern session '), ['list', 'end', 'announce']);
    assert.deepEqual(await offered('postern session end 7f3a.1 --r'), ['--reason']);
    assert.deepEqual(await offered('postern session ls --cu'), ['--customer']);
    assert.deepEqual(await offered('postern nothing '), []);
    assert.ok(!(await offered('postern comp')).includes('complete'), 'a hidden command is offered');
  });

  it('offers the names that the gate knows now, where one is wanted', async () => {
    assert.deepEqual(await offered('postern customer show al'), ['albert', 'alice']);
    assert.deepEqual(await offered('postern role add alice h'), ['horatio']);
    assert.deepEqual(await offered('postern role add alice horatio '), ['owner', 'operator', 'watcher']);
    assert.deepEqual(await offered('postern session end '), ['7f3a.1']);
    assert.deepEqual(await offered('postern role list --customer b'), ['bob']);
    assert.deepEqual(await offered('postern role list --customer=b'), ['--customer=bob']);
    assert.deepEqual(await offered('postern role list --customer bob --dom'), ['--domain']);
  });

  it("offers a customer's keys by their fingerprints, with the comment made printable", async () => {
    const { candidates } = await candidatesAt(
      program,
      typedLine('postern key remove alice SHA256:b'),
      settings,
    );
    assert.deepEqual(
      candidates.map(({ word }) => word),
      [fingerprint('b')],
    );
    assert.ok(!/\u202e/.test(candidates[0]?.about ?? ''));
    assert.deepEqual(await offered('postern key remove bob '), []);
  });

  it('leaves files and directories to the shell', async () => {
    const kind = async (line: string): Promise<string> =>
      (await candidatesAt(program, typedLine(line), settings)).kind;
    assert.equal(await kind('postern key add alice '), 'files');
    assert.equal(await kind('postern backup '), 'files');
    assert.equal(await kind('postern rescue-image build --output '), 'directories');
    assert.equal(await kind('postern customer show '), 'words');
  });

  it('offers something everywhere in the tree without a fault, also without a gate', async () => {
    const walk = async (command: Command, line: string): Promise<void> => {
      for (const ending of ['', '--', '--settings ', 'x ', 'x y z '])
        await candidatesAt(program, typedLine(`${line} ${ending}`), '/nowhere/gate.yaml');
      for (const one of command.commands) await walk(one, `${line} ${one.name()}`);
    };
    await walk(program, 'postern');
  });
});
