import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { BootProfileName, ImageName } from '../../../policy/names.js';
import type { OperationRequest } from '../../../server/wire/operation.js';
import { domainView, operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';
import { domainName, fingerprint } from '../../support/temporary-store.js';

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f laptop';

interface Shown {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('commands by exec', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  async function exec(text: string, who = gate.alice, input?: string): Promise<Shown> {
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.exec(who, text, terminal);
    if (input !== undefined) {
      terminal.type(input);
      terminal.sendEnd();
    }
    return { status: await ended, stdout: terminal.output, stderr: terminal.errors };
  }

  async function json(text: string): Promise<unknown> {
    const { stdout } = await exec(text);
    return JSON.parse(stdout);
  }

  it('list shows the customer’s own, for people and as JSON', async () => {
    const people = await exec('list');
    assert.equal(people.status, 0);
    assert.match(people.stdout, /^NAME {5}STATE.*\nhoratio +running +normal.*\nophelia +running.*\n$/);
    const objects = (await json('list --json')) as { name: string; state: string; operation: null }[];
    assert.deepEqual(
      objects.map(({ name, state, operation }) => [name, state, operation]),
      [
        ['horatio', 'running', null],
        ['ophelia', 'running', null],
      ],
    );
    assert.equal((await exec('list', gate.bob)).stdout.includes('horatio'), false);
  });

  const NAMES = [
    'yorick',
    'hamlet',
    '-a',
    '--all',
    '0',
    'Domain-0',
    'horati',
    '../ophelia',
    'HORATIO',
    'horatiо',
    'horatio\u00a0',
    '*',
  ];
  const TAILS = [
    'status',
    'start',
    'shutdown',
    'reboot',
    'poweroff',
    'poweroff --yes',
    'destroy --yes',
    'rescue',
    'rescue --yes',
    'rescue rescue --yes',
    'normal',
    'console',
    'watch',
    'log',
    'log --follow',
    'log --boot -1 --lines 5 --since 10m',
    'log --raw',
    'log on',
    'log off',
  ];

  it('answers every name that is not hers with exit status 4 and the same bytes', async () => {
    for (const tail of TAILS) {
      for (const flag of ['', ' --json']) {
        if (flag !== '' && /console|watch|--follow|--raw/.test(tail)) continue;
        const answers = new Set<string>();
        for (const name of NAMES) {
          // The reference is random, but always there.
          const answer = JSON.stringify(await exec(`${name} ${tail}${flag}`));
          answers.add(answer.replaceAll(/( Reference: |\\"reference\\":\\")[b-z]{6}/g, '$1'));
        }
        assert.equal(answers.size, 1, `${tail}${flag}: ${[...answers].join('\n')}`);
        const [answer = ''] = answers;
        assert.equal((JSON.parse(answer) as Shown).status, 4);
      }
    }
    assert.deepEqual([gate.dom0.requests.length, gate.dom0.consoles.length], [0, 0], 'dom0 heard nothing');
    assert.equal((await exec('horatio status')).status, 0, 'her own she sees');
  });

  it('starts and says so; --wait waits for the end and tells the steps', async () => {
    assert.deepEqual(await exec('horatio start'), {
      status: 0,
      stdout: 'horatio is starting.\n',
      stderr: '',
    });
    const waiting = exec('horatio reboot --wait');
    const asked = await eventually('the request', () => gate.dom0.requests[1]);
    await eventually('the operation', () => gate.dom0.operations.get(asked.id));
    gate.dom0.tell({ change: 'operation', operation: operationView(asked, { step: 'rebooting' }) });
    gate.dom0.end(asked.id, 'done');
    const { status, stdout, stderr } = await waiting;
    assert.deepEqual([status, stdout], [0, 'horatio has rebooted.\n']);
    assert.match(stderr, /horatio is asked to reboot\.\nhoratio: rebooting\n/);
  });

  it('says of what is so already that it is, also with --wait', async () => {
    gate.dom0.reply = (request) =>
      operationView(request, { phase: 'done', endedAt: new Date().toISOString() });
    for (const [command, said] of [
      ['start', 'is running already'],
      ['start --wait', 'is running already'],
      ['shutdown', 'is off already'],
      ['stop', 'is off already'],
      ['poweroff -y', 'is off already'],
      ['restart', 'is rebooting already'],
      ['normal', 'runs its normal boot already'],
    ] as const) {
      const { status, stdout, stderr } = await exec(`horatio ${command}`);
      assert.deepEqual([status, stdout, stderr], [0, `horatio ${said}.\n`, ''], command);
    }
  });

  it('a failure is exit status 1 with the host’s own reason, never success', async () => {
    gate.dom0.reply = (request) =>
      operationView(request, {
        phase: 'failed',
        failure: wireRefusal('toolstack-failed', 'not enough\x1b[2J memory'),
      });
    const { status, stdout, stderr } = await exec('horatio start --wait');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /It failed: not enough\^\[\[2J memory\./);
    const object = JSON.parse((await exec('horatio start --wait --json')).stdout) as {
      operation: { failure: { code: string } };
    };
    assert.equal(object.operation.failure.code, 'toolstack-failed');
  });

  const refusals = [
    ['busy', 5],
    ['wrong-state', 3],
    ['host-limit', 3],
    ['toolstack-timeout', 1],
  ] as const;
  for (const [code, expected] of refusals) {
    it(`dom0’s ${code} is exit status ${expected}, as JSON on stdout and in words on stderr`, async () => {
      gate.dom0.reply = () => wireRefusal(code, 'The reason');
      const { status, stdout, stderr } = await exec('horatio start --json');
      assert.equal(status, expected);
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
      assert.equal(error.code, code);
      assert.equal(stderr, `${error.message}\n`);
    });
  }

  it('a host that does not answer is exit status 6, and looking still works', async () => {
    await gate.dom0.stop();
    await eventually('the loss', () => !gate.core.hosts.areAllReachable);
    assert.equal((await exec('horatio start')).status, 6);
    assert.equal((await exec('horatio console')).status, 6);
    const { status, stdout } = await exec('horatio status');
    assert.equal(status, 0);
    assert.match(stdout, /Its host does not answer/);
  });

  it('says of a server that no host ever showed that none has it, and not that its host is silent', async () => {
    gate.role(gate.alice.customer, domainName('ghost'), 'owner');
    const { status, stdout } = await exec('ghost status');
    assert.equal(status, 0);
    assert.match(stdout, /^No host has this server now\. Please ask us\.$/m);
    assert.doesNotMatch(stdout, /answer|seen/);
    const refused = await exec('ghost start');
    assert.deepEqual([refused.status, refused.stdout], [3, '']);
    assert.match(refused.stderr, /^ghost is not on any host now\. Please ask us\.$/m);
    await gate.dom0.stop();
    await eventually('the loss', () => !gate.core.hosts.areAllReachable);
    assert.match((await exec('ghost status')).stdout, /^Its host does not answer just now\.$/m);
    assert.match((await exec('horatio status')).stdout, /just now; this is what was last seen\.$/m);
  });

  describe('what can lose data', () => {
    it('needs --yes where nobody can be asked', async () => {
      for (const verb of ['poweroff', 'destroy', 'rescue']) {
        const { status, stderr } = await exec(`horatio ${verb}`);
        assert.equal(status, 3);
        assert.match(stderr, /--yes/);
      }
      assert.deepEqual(gate.dom0.requests, []);
      assert.equal((await exec('horatio poweroff --yes')).status, 0);
    });

    for (const [typed, done] of [
      ['horatio\r', true],
      ['horatix\x7fo\r', true],
      ['horati\r', false],
      ['HORATIO\r', false],
      ['y\r', false],
      ['\r', false],
      ['\x03', false],
    ] as const) {
      it(`asks for the name at a terminal: ${JSON.stringify(typed)} ${done ? 'does' : 'does not do'} it`, async () => {
        const terminal = new FakeTerminal();
        const ended = gate.exec(gate.alice, 'horatio poweroff', terminal);
        assert.match(terminal.output, /Type its name to do it: $/);
        terminal.type(typed);
        assert.equal(await ended, done ? 0 : 3);
        assert.equal(gate.dom0.requests.length, done ? 1 : 0);
        assert.equal(terminal.listeners, 0);
      });
    }
  });

  it('what policy denies is exit status 3 with its reason', async () => {
    gate.enforce(policyOf([rule('deny', ['start'], { reason: 'Pay first.' }), rule('allow', ACTIONS)]));
    const { status, stdout, stderr } = await exec('horatio start');
    assert.deepEqual([status, stdout], [3, '']);
    const [, reference = ''] = /^Pay first\. Reference: ([b-z]{6})\.\n$/.exec(stderr) ?? [];
    assert.equal(gate.store.audit.denial(reference)?.event.kind, 'domain.denied', stderr);
    const { error } = (await json('horatio start --json')) as { error: { reference: string } };
    assert.ok(gate.store.audit.denial(error.reference) !== undefined);
  });

  it('who was suspended or lost the key gets nothing, not even a list', async () => {
    gate.store.customers.suspend(gate.alice.customer, null, { admin: 'a' });
    for (const command of ['list', 'keys', 'activity', 'horatio status', `keys add ${ED25519}`]) {
      const { status, stdout } = await exec(command);
      assert.deepEqual([status, stdout], [3, ''], command);
    }
  });

  describe('keys', () => {
    it('are added from the line and from stdin, listed and removed', async () => {
      assert.equal((await exec(`keys add ${ED25519}`)).status, 0);
      const listed = (await json('keys --json')) as {
        fingerprint: string;
        comment: string;
        inUse: boolean;
      }[];
      assert.deepEqual(
        listed.map(({ comment, inUse }) => [comment, inUse]),
        [
          ['', true],
          ['laptop', false],
        ],
      );
      const added = listed[1]?.fingerprint ?? '';
      assert.equal((await exec(`keys remove ${added}`)).status, 0);
      assert.equal((await exec('keys add', gate.alice, `${ED25519}\n`)).status, 0);
      assert.match((await exec('keys')).stdout, /laptop/);
    });

    it('on security keys are added as others are', async () => {
      const [one, two] = [new SoftAuthenticator('ed25519'), new SoftAuthenticator('ecdsa', 'ssh:work')];
      assert.equal((await exec(`keys add ${one.line} yubi`)).status, 0);
      assert.equal((await exec('keys add', gate.alice, `${two.line}\n`)).status, 0);
      const listed = (await json('keys --json')) as { fingerprint: string; type: string }[];
      assert.deepEqual(
        new Set(listed.slice(1).map(({ fingerprint, type }) => `${type} ${fingerprint}`)),
        new Set([one, two].map(({ fingerprint, type }) => `${type} ${fingerprint}`)),
      );
      assert.equal((await exec(`keys remove ${one.fingerprint}`)).status, 0);
      const web = new SoftAuthenticator('ed25519', 'example.com').line;
      const { status, stderr } = await exec(`keys add ${web}`);
      assert.notEqual(status, 0);
      assert.match(stderr, /made for another use than SSH/);
    });

    it('the last one stays, and the one in use needs --yes', async () => {
      const own = gate.alice.fingerprint;
      assert.match((await exec(`keys remove ${own} --yes`)).stderr, /last key/);
      await exec(`keys add ${ED25519}`);
      const unasked = await exec(`keys remove ${own}`);
      assert.equal(unasked.status, 3);
      assert.match(unasked.stderr, /--yes/);
      assert.equal((await exec(`keys remove ${own} --yes`)).status, 0);
      assert.equal((await exec('list')).status, 3, 'a key that is no longer registered does nothing more');
    });

    it('one that a file declares stays, and the customer reads nothing of the file', async () => {
      const { store, alice } = gate;
      const actor = { admin: 'ada' };
      const blob = Buffer.from('declared');
      const key = { customer: alice.customer, fingerprint: fingerprint('D'), type: 't', blob, comment: '' };
      store.keys.add(key, actor, 9, { file: '/etc/postern/customers.d/secret.yaml' });
      const no = await exec(`keys remove ${key.fingerprint} --yes`);
      assert.deepEqual([no.status, no.stdout], [3, '']);
      assert.match(no.stderr, /The administrators manage this key\. Ask them to remove it\./);
      const all = no.stderr + (await exec('keys --json')).stdout + (await exec('activity')).stdout;
      assert.doesNotMatch(all, /secret\.yaml|declared/);
      assert.ok(store.keys.list(alice.customer).some((one) => one.fingerprint === key.fingerprint));
    });

    it('another customer’s key is no more there than one that does not exist', async () => {
      const his = await exec(`keys remove ${gate.bob.fingerprint}`);
      const nobodys = await exec(`keys remove ${fingerprint('Z')}`);
      assert.deepEqual(
        { ...his, stderr: his.stderr.replace(gate.bob.fingerprint, 'X') },
        { ...nobodys, stderr: nobodys.stderr.replace(fingerprint('Z'), 'X') },
      );
      assert.equal((await exec('keys', gate.bob)).status, 0);
    });

    it('a private key is refused and not repeated', async () => {
      const { status, stderr } = await exec('keys add -----BEGIN OPENSSH PRIVATE KEY----- secretsecret');
      assert.notEqual(status, 0);
      assert.match(stderr, /private key/);
      assert.ok(!stderr.includes('secretsecret'));
    });
  });

  it('activity shows what one did and what was done on one’s domains, of others only the name', async () => {
    gate.role(gate.bob.customer, domainName('horatio'), 'operator');
    await exec('horatio start', gate.bob);
    await exec('horatio reboot');
    await exec('yorick start', gate.bob);
    const { stdout } = await exec('activity');
    assert.match(stdout, /bob: started horatio\n/);
    assert.match(stdout, /you: rebooted horatio\n/);
    assert.doesNotMatch(stdout, /yorick/);
    assert.doesNotMatch(stdout, /192\.0\.2\.7.*bob|bob.*192\.0\.2\.7/);
  });

  it('activity shows nothing from before the role', async () => {
    await exec('yorick start', gate.bob);
    gate.role(gate.alice.customer, domainName('yorick'), 'owner');
    const { stdout } = await exec('activity');
    assert.doesNotMatch(stdout, /started yorick/);
  });

  it('log prints what the console said as plain text, and nothing from before the role', async () => {
    const { status, stdout } = await exec('horatio log');
    const since = gate.store.roles.find(gate.alice.customer, domainName('horatio'))?.since;
    assert.deepEqual([status, stdout], [0, `since ${since}\nboot of horatio\n`]);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('status shows a profile and what is under way', async () => {
    const operation = operationView(
      {
        id: '00000000-0000-4000-8000-00000000000a',
        domain: domainName('horatio'),
        verb: 'rescue',
        profile: null,
        actor: { ...gate.alice, auditSeq: 1, auditHash: '' },
      },
      { step: 'creating' },
    );
    const { observation } = domainView(domainName('horatio'), 'running');
    gate.dom0.set(domainName('horatio'), 'running', {
      operation,
      observation: { ...observation, profile: 'rescue' as BootProfileName },
    });
    await eventually('the news', () => gate.core.hosts.find(domainName('horatio'))?.view.operation);
    const { stdout } = await exec('horatio status');
    assert.match(
      stdout,
      /^horatio is running since .*, boot rescue\.\nUnder way: rescue boot \(getting the server ready\), by alice, /,
    );
  });

  it('help names the key that the customer leaves consoles with', async () => {
    assert.match((await exec('help')).stdout, /keyboard; Ctrl-\] \. leaves/);
    await exec('escape ^T');
    assert.match((await exec('help')).stdout, /keyboard; Ctrl-T \. leaves/);
  });

  it('help lists every command', async () => {
    const { stdout } = await exec('help');
    for (const word of ['list', 'start', 'rescue', 'keys add', 'activity', 'menu', '--json'])
      assert.ok(stdout.includes(word), word);
  });

  describe('reinstall', () => {
    const DEBIAN = 'debian-13' as ImageName;
    const bytes = 10 * 1024 ** 3;
    const offer = (): void => {
      gate.dom0.contract = {
        ...gate.dom0.contract,
        images: [{ name: DEBIAN, title: 'Debian 13', minimumMiB: null }],
      };
    };
    const mayReinstall = (): void => {
      const named = rule('allow', ['reinstall'], { images: [DEBIAN] });
      gate.enforce(policyOf([rule('allow', ['status', 'rescue']), named]));
    };
    beforeEach(async () => {
      offer();
      gate.dom0.set(domainName('horatio'), 'running', {
        images: [DEBIAN],
        firstDisk: { vdev: 'xvda', bytes },
      });
      await eventually('the images', () => gate.core.hosts.find(domainName('horatio'))?.view.images);
    });

    it('is confirmed by the name after --erase, and asks dom0 for the image', async () => {
      mayReinstall();
      const { status, stdout } = await exec('horatio reinstall debian-13 --erase horatio');
      assert.deepEqual([status, stdout], [0, 'horatio is being reinstalled with debian-13.\n']);
      const [request] = gate.dom0.requests;
      assert.deepEqual([request?.verb, request?.image, request?.profile], ['reinstall', DEBIAN, null]);
      const [intent] = gate.events('domain.reinstall.requested');
      assert.equal(intent?.profile, DEBIAN);
    });

    const UNCONFIRMED = [
      ['horatio reinstall debian-13', /Say --erase horatio to confirm: all data .* --yes is not enough/],
      ['horatio reinstall debian-13 --yes', /Say --erase horatio to confirm/],
      ['horatio reinstall debian-13 --erase ophelia', /Not confirmed/],
      ['horatio reinstall debian-13 --erase HORATIO --yes', /Not confirmed/],
      ['horatio reinstall windows --erase horatio', /no such system image\. Known: debian-13/],
      ['horatio reinstall --erase horatio', /Say which system image: debian-13/],
      ['horatio reinstall ../debian-13 --erase horatio', /no such system image/],
      ['ophelia reinstall debian-13 --erase ophelia', /There is no system image for ophelia/],
    ] as const;
    for (const [text, why] of UNCONFIRMED) {
      it(`does nothing: ${text}`, async () => {
        mayReinstall();
        const { status, stderr } = await exec(text);
        assert.match(stderr, why);
        assert.equal(status, 3);
        assert.deepEqual(gate.dom0.requests, []);
      });
    }

    it('asks for the name at a terminal, after what is lost and what would keep it', async () => {
      mayReinstall();
      for (const [typed, asked] of [
        ['yes', 0],
        ['horatio', 1],
      ] as const) {
        const terminal = new FakeTerminal({ hasPty: true });
        const ended = gate.exec(gate.alice, 'horatio reinstall debian-13 --yes', terminal);
        await eventually('the question', () => (terminal.output + terminal.errors).includes('Type its name'));
        terminal.type(`${typed}\r`);
        await ended;
        const said = terminal.output + terminal.errors;
        assert.match(said, /All data on xvda \(10\.0 GiB\) of horatio is lost for ever\./);
        assert.match(said, /A rescue boot keeps your data/);
        assert.equal(gate.dom0.requests.length, asked);
      }
    });

    it('is denied when no rule names it, also by `all`, and by a rule for other images', async () => {
      for (const rules of [
        [
          rule(
            'allow',
            ACTIONS.filter((action) => action !== 'reinstall'),
          ),
        ],
        [rule('allow', ['status']), rule('allow', ['reinstall'], { images: ['debian-12' as ImageName] })],
      ]) {
        gate.enforce(policyOf(rules));
        const { status } = await exec('horatio reinstall debian-13 --erase horatio');
        assert.equal(status, 3);
      }
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('that is denied is recorded, with a reference to quote, however it is asked for', async () => {
      gate.enforce(policyOf([rule('allow', ['status', 'rescue'])]));
      for (const asked of ['debian-13 --erase horatio', 'debian-13', 'windows --erase horatio', '--yes']) {
        const { status, stderr } = await exec(`horatio reinstall ${asked}`);
        assert.equal(status, 3, asked);
        const [, reference = ''] = /Reference: ([b-z]{6})\.\n$/.exec(stderr) ?? [];
        const denial = gate.store.audit.denial(reference)?.event;
        assert.ok(denial?.kind === 'domain.denied', `${asked}: ${stderr}`);
        assert.deepEqual([denial.action, denial.domain], ['reinstall', 'horatio']);
      }
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('is unknown to a host of an older version', async () => {
      mayReinstall();
      const older = (gate.dom0.contract.verbs as readonly string[]).filter((verb) => verb !== 'reinstall');
      gate.dom0.contract = { ...gate.dom0.contract, verbs: older as typeof gate.dom0.contract.verbs };
      await gate.dom0.stop();
      await eventually('the loss', () => !gate.core.hosts.areAllReachable);
      await gate.dom0.start();
      await eventually('the host', () => gate.core.hosts.areAllReachable);
      const { status } = await exec('horatio reinstall debian-13 --erase horatio');
      assert.equal(status, 3);
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('shows how far it is, and an incomplete disk', async () => {
      mayReinstall();
      const name = domainName('horatio');
      const progress = { done: 1.25 * 1024 ** 3, total: bytes, secondsLeft: 44.2 };
      const request = {
        id: '7e0c1b52-6a51-4d0c-9d8e-2f7f0c6b4a11',
        domain: name,
        verb: 'reinstall' as const,
      };
      const operation = operationView(
        { ...request, profile: null, actor: { customer: gate.alice.customer } as OperationRequest['actor'] },
        { step: 'writing', image: DEBIAN, progress },
      );
      const incompleteDisk = { vdev: 'xvda', image: DEBIAN, since: '2026-11-30T00:00:00.000Z' };
      gate.dom0.set(name, 'off', { operation, images: [DEBIAN], incompleteDisk });
      await eventually('the progress', () => gate.core.hosts.find(name)?.view.operation);
      assert.match(
        (await exec('horatio status')).stdout,
        /reinstalling \(writing its disk: 1\.2 GiB of 10\.0 GiB, about 44 s left\), by alice/,
      );
      const shown = (await json('horatio status --json')) as {
        incomplete: string;
        operation: { progress: object };
      };
      assert.deepEqual([shown.incomplete, shown.operation.progress], [DEBIAN, progress]);
      gate.dom0.set(name, 'off', { images: [DEBIAN], incompleteDisk });
      await eventually('its end', () => gate.core.hosts.find(name)?.view.operation === null);
      assert.match(
        (await exec('horatio status')).stdout,
        /\nIts disk is incomplete: reinstall it again, or boot/,
      );
    });
  });
});
