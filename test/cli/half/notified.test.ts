import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { writeSshConfig } from '../../../server/cli/demo/demo-ssh-config.js';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import { NotifyListener } from '../../support/notify-listener.js';
import { posternProcess, POSTERN } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { ProcessFacts } from '../../support/process-facts.js';

/** Microseconds. */
const WATCHDOG = '2000000';

/** Both halves as systemd starts them: with a socket on which each must say how it is. */
class NotifiedHouse {
  readonly house: House;
  readonly #halves = new Set<ChildProcess>();
  readonly #listeners = new Set<NotifyListener>();

  /** Use `layOut`. */
  constructor(house: House) {
    this.house = house;
  }

  static async layOut(gateSettings?: string): Promise<NotifiedHouse> {
    return new NotifiedHouse(await House.layOut(gateSettings === undefined ? {} : { gateSettings }));
  }

  async start(
    half: 'gate' | 'dom0',
    name: string = half,
  ): Promise<{ readonly child: ChildProcess; readonly told: NotifyListener }> {
    const { layout } = this.house;
    const told = await NotifyListener.open(`${layout.logs}/${name}-notify`);
    this.#listeners.add(told);
    const log = openSync(this.house.log(half), 'a');
    const settings = half === 'gate' ? layout.gateSettings : layout.dom0Settings;
    const child = spawn(process.execPath, [POSTERN, half, '--settings', settings], {
      stdio: ['ignore', log, log],
      env: { ...process.env, NOTIFY_SOCKET: told.socket, WATCHDOG_USEC: WATCHDOG },
    });
    closeSync(log);
    this.#halves.add(child);
    return { child, told };
  }

  /** Customers can log in from here on. */
  async knowGate(): Promise<void> {
    const { layout } = this.house;
    const port = await portOf(this.house.log('gate'));
    writeSshConfig(layout, ['alice', 'bob'], port, readFileSync(`${layout.hostKey}.pub`, 'utf8'));
  }

  async stop(): Promise<void> {
    for (const half of this.#halves) {
      const ended = half.exitCode === null && half.signalCode === null ? once(half, 'exit') : null;
      half.kill('SIGKILL');
      await ended;
    }
    for (const listener of this.#listeners) await listener.close();
    await this.house.stop();
  }
}

/** The port of a gate that chose one, as its log has it. */
async function portOf(log: string): Promise<number> {
  return eventually('the gate to listen', () =>
    Number(/"addresses":\["127\.0\.0\.1:(\d+)"\]/.exec(readFileSync(log, 'utf8'))?.[1]),
  );
}

describe('a half that systemd starts', () => {
  let notified: NotifiedHouse;

  afterEach(async () => notified.stop());

  it('is ready when it serves, says how it is, is heard to reload and to stop', async () => {
    notified = await NotifiedHouse.layOut();
    const { house } = notified;
    const dom0 = await notified.start('dom0');
    await dom0.told.told('READY=1');
    const gate = await notified.start('gate');
    await gate.told.told('READY=1');
    const ready = gate.told.messages.findIndex((words) => words.includes('READY=1'));
    assert.deepEqual(
      gate.told.messages.slice(0, ready + 1),
      [['STATUS=Reading the policy and opening the database.'], ['READY=1']],
      'nothing but a status before it serves',
    );
    await notified.knowGate();
    const { status, stdout, stderr } = await house.ssh('alice', 'list');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /horatio/);

    await dom0.told.told(/^STATUS=Domains: \d+\. Consoles attached: \d+\. Operations under way: 0\.$/);
    await gate.told.told('STATUS=Sessions: 0. Consoles open: 0.');
    for (const { told } of [dom0, gate]) {
      const fed = told.words.length;
      await told.told('WATCHDOG=1', fed);
    }

    const before = gate.told.words.length;
    gate.child.kill('SIGHUP');
    await gate.told.told('READY=1', before);
    const reload = gate.told.messages.filter((words) => words.includes('RELOADING=1'));
    assert.equal(reload.length, 1);
    assert.match(reload[0]?.[1] ?? '', /^MONOTONIC_USEC=\d+$/);

    dom0.child.kill('SIGTERM');
    await dom0.told.told('STOPPING=1');
    await gate.told.told(/^STATUS=Sessions: 0\. Consoles open: 0\. Host \S+ does not answer\.$/);
    gate.child.kill('SIGTERM');
    await gate.told.told('STOPPING=1');
    for (const half of ['gate', 'dom0'] as const)
      assert.doesNotMatch(readFileSync(house.log(half), 'utf8'), /^postern/m, 'no line for the demo');
  });

  it('reads its settings again: a log level at once, others after a restart, none with an error', async () => {
    notified = await NotifiedHouse.layOut();
    const { dom0Settings } = notified.house.layout;
    const { child, told } = await notified.start('dom0');
    await told.told('READY=1');
    const text = readFileSync(dom0Settings, 'utf8');
    const check = async (): Promise<Ended> => posternProcess(['dom0', '--check', '--settings', dom0Settings]);
    const reload = async (settings: string): Promise<void> => {
      writeFileSync(dom0Settings, settings);
      const from = told.words.length;
      child.kill('SIGHUP');
      await told.told('RELOADING=1', from);
      await told.told('READY=1', from);
    };

    await reload(`${text}log: {level: debug}\nacpiButton: false\n`);
    assert.deepEqual(await check(), {
      status: 0,
      stdout: `${dom0Settings}: the settings are sound\n`,
      stderr: '',
    });
    await told.told(/The settings have changed and wait for a restart: acpiButton\.$/);

    let from = told.words.length;
    await reload(`${text}acpiBotton: false\n`);
    await told.told(/The settings file has errors: the settings of before are in force\./, from);
    const { status, stderr } = await check();
    assert.equal(status, 2);
    assert.match(stderr, /acpiBotton/);

    from = told.words.length;
    await reload(text);
    await told.told(/^STATUS=Domains: .*under way: 0\.$/, from);
    assert.equal(child.exitCode, null);
  });

  it('does not let its workers speak for it, and counts those that serve', async () => {
    notified = await NotifiedHouse.layOut('workers: 2\n');
    const gate = await notified.start('gate');
    await gate.told.told('READY=1');
    await gate.told.told(/^STATUS=Sessions: 0\. Consoles open: 0\. Workers: 2 of 2\./);
    const workers = new ProcessFacts(gate.child.pid ?? 0).children;
    assert.equal(workers.length, 2);
    for (const pid of workers)
      assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /NOTIFY_SOCKET|WATCHDOG/);
  });

  it('that cannot start never says that it is ready', async () => {
    notified = await NotifiedHouse.layOut();
    const first = await notified.start('dom0');
    await first.told.told('READY=1');
    const second = await notified.start('dom0', 'again');
    const [status] = (await once(second.child, 'exit')) as [number];
    assert.equal(status, 1);
    assert.ok(!second.told.words.includes('READY=1'));
  });
});
