import assert from 'node:assert/strict';
import { CpuGauge } from '../../../server/dom0/observation/cpu-gauge.js';

describe('the CPU gauge', () => {
  it('says percent of one CPU between listings that are far enough apart', () => {
    const gauge = new CpuGauge();
    assert.equal(gauge.read(4, 3.6, 10_000), null);
    assert.equal(gauge.read(4, 3.7, 10_500), null);
    assert.equal(gauge.read(4, 4.6, 12_000), 50);
    assert.equal(gauge.read(4, 4.6, 12_500), 50, 'too soon to say anything new');
    assert.equal(gauge.read(4, 10.6, 14_000), 300, 'three of its CPUs');
    assert.equal(gauge.read(4, 10.6, 16_000), 0);
  });

  it('begins anew with each incarnation', () => {
    const gauge = new CpuGauge();
    gauge.read(4, 100, 10_000);
    assert.equal(gauge.read(5, 101, 12_000), null);
    assert.equal(gauge.read(5, 102, 14_000), 50);
    assert.equal(gauge.read(5, 1, 16_000), null, 'a re-used domid');
  });
});
