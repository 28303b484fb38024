import assert from 'node:assert/strict';
import { AuditMarks } from '../../../server/gate/audit/audit-marks.js';
import { ADMIN, TemporaryStore, customerName } from '../../support/temporary-store.js';

describe('gate: marks of the audit log in the ordinary log', () => {
  it('say the head once: at the start, at the end, and when they are asked to', () => {
    const temporary = new TemporaryStore();
    try {
      const { store } = temporary;
      const marks: object[] = [];
      const write = (fields: object): number => marks.push(fields);
      const log = { debug: write, info: write, warn: write, error: write };
      const noted = new AuditMarks(store.audit, log);
      noted.note();
      assert.deepEqual(marks, [], 'there is nothing yet');
      store.customers.add(customerName('alice'), ADMIN);
      const [row] = store.audit.tail();
      assert.ok(row);
      noted.heard();
      noted.close();
      noted.close();
      assert.deepEqual(marks, [{ mark: `1:${row.hash}` }]);
    } finally {
      temporary.remove();
    }
  });
});
