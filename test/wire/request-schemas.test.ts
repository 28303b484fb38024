import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import * as schemas from '../../server/wire/request-schemas.js';

describe('the schemas of requests', () => {
  const ajv = new Ajv();

  for (const [name, schema] of Object.entries(schemas)) {
    it(`${name} is a schema`, () => {
      assert.equal(ajv.validateSchema(schema), true, JSON.stringify(ajv.errors));
    });
  }

  it('are all there, and a wrong one would be found', () => {
    assert.equal(Object.keys(schemas).length, 6);
    assert.equal(ajv.validateSchema({ type: 'object', required: 'id' }), false);
  });
});
