import { byHandCases } from '../acceptance/by-hand.js';
import { hasBooted, isAtPrompt, leave, seesLogin } from '../acceptance/guest.js';
import { PATIENCE } from '../acceptance/patience.js';
import { settlesAs } from '../acceptance/states.js';
import { eventually } from '../support/eventually.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

describe('an operator at work with xl, on a real Xen', () => {
  byHandCases(realWorld());

  it('restarting xenconsoled loses no server: its console comes back', async () => {
    await settlesAs(lab(), 'horatio', ['running']);
    await hasBooted(lab(), 'horatio');
    const alice = lab().terminal('alice', 'horatio console');
    await seesLogin(alice);
    await lab().dom0.must('systemctl restart xen');
    await settlesAs(lab(), 'horatio', ['running']);
    await eventually(
      'the console to answer',
      () => {
        alice.type('root\r');
        return isAtPrompt(alice);
      },
      { withinMs: PATIENCE.down, everyMs: 3000 },
    );
    await leave(alice);
  });
});
