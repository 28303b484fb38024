import assert from 'node:assert/strict';
import { NO_MEMORY, observedState } from '../../../server/dom0/observation/observed-state.js';
import type {
  StartPhase,
  StateContext,
  StateMemory,
} from '../../../server/dom0/observation/observed-state.js';
import { TIMINGS } from '../../../server/dom0/scheduling/timings.js';
import { parseXlList } from '../../../server/dom0/toolstack/xl-output.js';
import { recordedCall } from '../../support/recorded-xl.js';

const HEADER = 'Name                                        ID   Mem VCPUs\tState\tTime(s)';
const comesBack = { onPoweroff: false, onReboot: true, onCrash: false };

/**
 * The states shown of horatio for a sequence of listings, half a second apart. Each listing is a row, or
 * empty.
 */
function shown(rows: readonly string[], more: Partial<StateContext> = {}): string[] {
  let memory: StateMemory = NO_MEMORY;
  return rows.map((row, index) => {
    const [listed] = parseXlList(`${HEADER}\n${row}\n`) ?? [];
    const context = {
      comesBack,
      rising: 'no' as StartPhase,
      falling: false,
      now: 1e12 + index * 500,
      timings: TIMINGS,
      ...more,
    };
    const seen = observedState(memory, listed ?? null, context);
    memory = seen.memory;
    return seen.state;
  });
}

const row = (domid: number, state: string, cpu = '3.4', memory = 128): string =>
  `horatio   ${domid}   ${memory}   ${memory === 0 ? 0 : 1}   ${state}   ${cpu}`;

describe('the state that is shown', () => {
  it('never flaps through off or paused in a recorded reboot', () => {
    const { stdout } = recordedCall('24-reboot', 'xl list; xl reboot');
    const looks = stdout.split(/^\d+\.\d+ \d+\.\d+\n/m).slice(1);
    assert.deepEqual(shown([row(16, '-b----'), ...looks.map((look) => look.trim())]), [
      'running',
      'running',
      'running',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'rebooting',
      'running',
      'running',
    ]);
  });

  it('is not off either when the shutdown of a reboot fell between two looks', () => {
    assert.deepEqual(
      shown([
        row(16, '-b----'),
        '',
        '',
        row(17, '--p---', '0.0', 0),
        row(17, '--p---', '0.0'),
        row(17, 'r-----', '0.2'),
      ]),
      ['running', 'shutting-down', 'shutting-down', 'rebooting', 'rebooting', 'running'],
    );
  });

  it('is off at once when it went while it was first made, as when its boot loader finds no kernel', () => {
    const made = [row(10, '--p---', '0.0', 0), row(10, '--p---', '0.0', 0), ''];
    assert.deepEqual(shown(['', ...made]), ['off', 'rebooting', 'rebooting', 'off']);
    const over = [row(9, '-b----'), row(9, '--ps--'), '', ...made];
    assert.deepEqual(shown(over).slice(-4), ['off', 'rebooting', 'rebooting', 'off']);
  });

  it('is off after a shutdown, and off at last when a rebooting one does not return', () => {
    assert.deepEqual(shown([row(12, '-b----'), row(12, '--ps--'), '', '']), [
      'running',
      'shutting-down',
      'off',
      'off',
    ]);
    const never = shown([row(12, '-b----'), row(12, '--psr-'), ...Array<string>(32).fill('')]);
    assert.equal(never[31], 'rebooting');
    assert.equal(never.at(-1), 'off');
  });

  it('is off at last when it vanished without a word, and at once when we took it down', () => {
    const vanished = shown([row(12, '-b----'), ...Array<string>(10).fill('')]);
    assert.equal(vanished[8], 'shutting-down');
    assert.equal(vanished.at(-1), 'off');
    assert.deepEqual(shown([row(12, '-b----'), ''], { falling: true }), ['running', 'off']);
  });

  it("is paused when an admin paused it, also before it ever ran; not while it is built by an admin's create", () => {
    assert.deepEqual(shown([row(4, '-b----'), row(4, '-bp---'), row(4, '--p---')]), [
      'running',
      'paused',
      'paused',
    ]);
    assert.deepEqual(
      shown(['', row(4, '--p---', '0.0', 0), row(4, '--p---', '0.0'), row(4, 'r-----', '0.1')]),
      ['off', 'rebooting', 'rebooting', 'running'],
    );
    assert.deepEqual(shown([row(4, '--p---', '0.0')]), ['paused'], 'it was there before us');
    const onPurpose = shown(['', ...Array<string>(40).fill(row(4, '--p---', '0.0'))]);
    assert.equal(onPurpose[30], 'rebooting');
    assert.equal(onPurpose.at(-1), 'paused');
  });

  it('is paused when one that came up stays paused', () => {
    const stays = shown([row(4, '--psr-'), ...Array<string>(130).fill(row(5, '--p---', '0.0'))]);
    assert.equal(stays[100], 'rebooting');
    assert.equal(stays.at(-1), 'paused');
  });

  it('is rebooting while we create, and between the two incarnations of a rescue', () => {
    assert.deepEqual(shown(['', row(4, '--p---', '0.0')], { rising: 'building' }), ['off', 'rebooting']);
    assert.deepEqual(shown(['', row(4, '--p---', '0.0')], { rising: 'between' }), ['rebooting', 'rebooting']);
  });

  it('is crashed when it is preserved; and comes back where on_crash says so', () => {
    assert.deepEqual(shown([row(3, '-b----'), row(3, '---sc-'), row(3, '---sc-')]), [
      'running',
      'crashed',
      'crashed',
    ]);
    const restarts = { comesBack: { ...comesBack, onCrash: true } };
    assert.deepEqual(
      shown(
        [row(5, '-b----'), row(5, '--psc-'), '', row(6, '--p---', '0.0'), row(6, 'r-----', '0.3')],
        restarts,
      ),
      ['running', 'crashed', 'rebooting', 'rebooting', 'running'],
    );
  });

  it('is shutting down where on_reboot says destroy', () => {
    const stays = { comesBack: { ...comesBack, onReboot: false } };
    assert.deepEqual(shown([row(5, '-b----'), row(5, '--psr-'), ''], stays), [
      'running',
      'shutting-down',
      'off',
    ]);
  });

  it('is shutting down while it dies or is saved', () => {
    assert.deepEqual(shown([row(5, '-----d'), row(6, '---ss-')]), ['shutting-down', 'shutting-down']);
  });
});
