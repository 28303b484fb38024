import assert from 'node:assert/strict';
import { dom0HalfCases } from '../acceptance/dom0-half.js';
import { PATIENCE } from '../acceptance/patience.js';
import { statusOf } from '../acceptance/states.js';
import { eventually } from '../support/eventually.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

describe('the dom0 half’s life, on a real Xen', () => {
  dom0HalfCases(realWorld());

  it('the unit runs as shipped, and is what keeps its socket', async () => {
    const unit = await lab().dom0.must(
      'systemctl show -p ActiveState,KillMode,OOMPolicy,UnitFileState postern-dom0',
    );
    assert.match(unit, /ActiveState=active/);
    assert.match(unit, /KillMode=process/);
    assert.match(unit, /OOMPolicy=continue/);
    assert.match(unit, /UnitFileState=enabled/);
    assert.match(
      await lab().dom0.must('stat -c "%a %U %G" /run/postern /run/postern/dom0.sock'),
      /^750 root postern\n660 root postern\n$/,
    );
  });

  it('a cut link says that the host does not answer, and comes back by itself', async () => {
    const answers = async (): Promise<boolean> => (await statusOf(lab(), 'alice', 'horatio')).reachable;
    await lab().gate.stopLink();
    await eventually('to be told', async () => !(await answers()), { withinMs: PATIENCE.soon });
    await lab().gate.startLink();
    await eventually('the host to answer', answers, { withinMs: PATIENCE.soon });
  });
});
