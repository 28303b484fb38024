import assert from 'node:assert/strict';
import { run } from './sequence.js';
import type { Happening, Step } from './sequence.js';

/** Shrunk sequences in which the model found a fault. Each is named after the customer's loss. */
describe('a sequence in which the model found a fault', () => {
  const holds = async (seed: number, steps: readonly Step[]): Promise<void> => {
    const { wrong, world } = await run({ seed, steps }, { trace: true });
    assert.equal(wrong, null, [wrong, ...(world.trace ?? [])].join('\n'));
  };
  const then = (happening: Happening, events: number, ms: number): Step => ({ happening, events, ms });
  const ask = (verb: Extract<Happening, { what: 'ask' }>['verb'], domain: number): Happening => ({
    what: 'ask',
    domain,
    verb,
    again: null,
  });
  const [horatio, ophelia, yorick] = [0, 1, 2];

  it('starts a server anew whose making was cut off together with the half: it is no broken machine told as done', () =>
    holds(149282877, [
      then({ what: 'toolstack', mood: 'killed', acts: 1 }, 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'kill', doings: 9 }, 0, 3_000),
    ]));

  it('raises a server whose UUID stands in its file after a restart on a full disk: it does not stay paused', () =>
    holds(0, [
      then({ what: 'disk', mood: 'full' }, 0, 0),
      then({ what: 'host reboot', cut: false, downFor: 1_000, halfAfter: 500 }, 0, 30_000),
      then(ask('start', ophelia), 0, 100),
      then({ what: 'kill', doings: 0 }, 0, 3_000),
    ]));

  it('unpauses again when xl only says that it did: the server runs', () =>
    holds(0, [
      then({ what: 'toolstack', mood: 'lying', acts: 2 }, 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'disk', mood: 'well' }, 0, 30_000),
      then({ what: 'toolstack', mood: 'slow', acts: 1 }, 0, 0),
    ]));

  it('sends no SysRq key after the power-off that overtook it', () =>
    holds(1378044206, [
      then(ask('start', ophelia), 12, 1_000),
      then({ what: 'disk', mood: 'well' }, 5, 1_000),
      then(ask('sysrq', ophelia), 1, 0),
      then(ask('poweroff', ophelia), 0, 0),
      then({ what: 'kill', doings: 6 }, 0, 0),
    ]));

  it('tells nothing as done that a power cut can take back: what an earlier half left unsynced is synced first', () =>
    holds(21646483, [
      then({ what: 'kill', doings: 14 }, 9, 1_000),
      then(ask('poweroff', ophelia), 0, 0),
      then({ what: 'operator', act: 'create', domain: yorick }, 0, 10_000),
      then({ what: 'ask', domain: ophelia, verb: 'start', again: 0 }, 0, 0),
      then({ what: 'host reboot', cut: true, downFor: 1_000, halfAfter: 500 }, 0, 0),
    ]));

  it("leaves an operator's new server alone while it undoes its own", () =>
    holds(0, [
      then(ask('start', ophelia), 0, 0),
      then({ what: 'toolstack', mood: 'late', acts: 2 }, 0, 0),
      then({ what: 'kill', doings: 0 }, 0, 10_000),
      then({ what: 'operator', act: 'create', domain: horatio }, 0, 10_000),
      then(ask('start', ophelia), 5, 0),
      then({ what: 'operator', act: 'create', domain: ophelia }, 0, 0),
      then(ask('start', ophelia), 0, 0),
    ]));

  it("leaves an operator's new server alone also when another half goes on with undoing", () =>
    holds(0, [
      then({ what: 'toolstack', mood: 'late', acts: 2 }, 0, 0),
      then(ask('start', ophelia), 8, 0),
      then({ what: 'guest', does: 'reboot', domain: ophelia }, 3, 10_000),
      then({ what: 'stop', downFor: 60_000 }, 0, 0),
      then({ what: 'operator', act: 'create', domain: ophelia }, 0, 10_000),
      then({ what: 'operator', act: 'create -p', domain: ophelia }, 0, 0),
      then(ask('start', ophelia), 0, 0),
    ]));

  it('raises a server whose configuration file is not there when the half comes back: it does not stay paused', () =>
    holds(0, [
      then(ask('start', ophelia), 0, 0),
      then({ what: 'guest', does: 'reboot', domain: ophelia }, 0, 100),
      then({ what: 'operator', act: 'unmount the files', domain: ophelia }, 0, 0),
      then({ what: 'kill', doings: 0 }, 0, 3_000),
    ]));

  it('takes an operation up once when the journal can be read only after the start', () =>
    holds(1149109970, [
      then({ what: 'toolstack', mood: 'slow', acts: 1 }, 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'disk', mood: 'failing' }, 0, 0),
      then({ what: 'operator', act: 'shutdown', domain: ophelia }, 2, 0),
      then(ask('start', ophelia), 1, 0),
      then({ what: 'kill', doings: 0 }, 12, 0),
      then({ what: 'kill', doings: 0 }, 4, 0),
      then({ what: 'disk', mood: 'well' }, 0, 0),
    ]));

  it('says that it may still be done when a request can neither be recorded for certain nor be taken back', () =>
    holds(19410119, [
      then(ask('start', ophelia), 0, 0),
      then({ what: 'disk', mood: 'failing' }, 0, 30_000),
      then(ask('start', ophelia), 0, 10_000),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'stop', downFor: 1_000 }, 0, 1_000),
      then(ask('start', ophelia), 0, 0),
    ]));

  it('does not let a server run that it made while an operator started another on the same disk', () =>
    holds(0, [
      then(ask('rescue', horatio), 6, 0),
      then({ what: 'kill', doings: 0 }, 8, 100),
      then({ what: 'operator', act: 'create', domain: yorick }, 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'disk', mood: 'well' }, 0, 0),
    ]));

  it('ends a reboot for good, and not the server that an operator starts after the power-off', () =>
    holds(0, [
      then(ask('reboot', horatio), 0, 1_000),
      then(ask('poweroff', horatio), 0, 0),
      then(ask('start', ophelia), 0, 1_000),
      then({ what: 'operator', act: 'create', domain: horatio }, 0, 0),
      then({ what: 'kill', doings: 4 }, 0, 0),
    ]));

  it('powers off what an operator was just making, and not what they make after it', () =>
    holds(0, [
      then({ what: 'operator', act: 'create -p', domain: ophelia }, 5, 1_000),
      then(ask('poweroff', ophelia), 0, 1_000),
      then({ what: 'operator', act: 'create', domain: ophelia }, 0, 0),
      then(ask('start', ophelia), 0, 0),
    ]));

  it('takes no server away that ran, and that an operator paused right after its start', () =>
    holds(378934265, [
      then(ask('start', ophelia), 0, 3_000),
      then(ask('start', ophelia), 0, 1_000),
      then(ask('start', ophelia), 15, 0),
      then({ what: 'operator', act: 'pause', domain: ophelia }, 0, 0),
      then({ what: 'toolstack', mood: 'slow', acts: 1 }, 0, 0),
      then(ask('start', ophelia), 0, 3_000),
    ]));

  it('looks until xl answers whether a server runs that xl said to have unpaused: it does not stay paused', () =>
    holds(17281980, [
      then(ask('start', ophelia), 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'toolstack', mood: 'lying', acts: 3 }, 0, 3_000),
      then({ what: 'toolstack', mood: 'silent', acts: 1 }, 0, 100),
      then(ask('start', ophelia), 0, 0),
    ]));

  it('refuses nothing for certain while the journal cannot be read: what is asked again may stand in it', () =>
    holds(847424631, [
      then(ask('start', ophelia), 0, 30_000),
      then({ what: 'disk', mood: 'failing' }, 0, 0),
      then({ what: 'kill', doings: 0 }, 2, 100),
      then({ what: 'ask', domain: ophelia, verb: 'start', again: 0 }, 0, 0),
      then({ what: 'disk', mood: 'well' }, 0, 0),
    ]));

  it('asks again who writes its disk while xl does not answer: no second writer', () =>
    holds(0, [
      then(ask('poweroff', horatio), 0, 0),
      then({ what: 'disk', mood: 'slow' }, 0, 0),
      then(ask('start', ophelia), 0, 30_000),
      then(ask('start', yorick), 6, 0),
      then({ what: 'clock', by: -86_400_000 }, 5, 0),
      then(ask('start', ophelia), 5, 3_000),
      then({ what: 'toolstack', mood: 'silent', acts: 1 }, 0, 0),
      then({ what: 'operator', act: 'create', domain: horatio }, 0, 30_000),
    ]));

  it('looks again after a slow disk before it takes away what it made: it may run by then', () =>
    holds(394343654, [
      then({ what: 'disk', mood: 'slow' }, 0, 0),
      then(ask('start', ophelia), 0, 0),
      then({ what: 'toolstack', mood: 'half-done', acts: 1 }, 20, 3_000),
      then({ what: 'operator', act: 'unpause', domain: ophelia }, 0, 0),
      then({ what: 'toolstack', mood: 'slow', acts: 1 }, 3, 0),
    ]));

  it('keeps the journal when the disk is tried again in the middle of a rotation at the start', () =>
    holds(842112541, [
      then(ask('start', ophelia), 0, 0),
      then(ask('rescue', horatio), 0, 0),
      then({ what: 'disk', mood: 'full' }, 0, 0),
      then({ what: 'kill', doings: 16 }, 1, 0),
      then({ what: 'kill', doings: 0 }, 0, 30_000),
      then({ what: 'kill', doings: 0 }, 0, 0),
      then({ what: 'operator', act: 'create', domain: ophelia }, 7, 0),
      then({ what: 'disk', mood: 'slow' }, 5, 0),
    ]));
});
