import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { labelValue } from './label-value.ts';

/** Kubernetes' rule for the value of a label. */
const VALID = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const part = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/);
/** DNS-1123 subdomains: what Kubernetes' objects are named by. */
const objectName = fc
  .array(part, { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('.'))
  .filter((name) => name.length <= 253);

describe('a name as the value of a label', () => {
  it('is the name where it fits', () => {
    assert.equal(labelValue('webapp-x7k2p'), 'webapp-x7k2p');
    assert.equal(labelValue('a'.repeat(63)), 'a'.repeat(63));
  });

  it('is valid for every name that an object can have', () => {
    fc.assert(fc.property(objectName, (name) => assert.match(labelValue(name), VALID)));
  });

  it('differs for long names that differ at their end only', () => {
    const start = 'a'.repeat(70);
    assert.notEqual(labelValue(`${start}1`), labelValue(`${start}2`));
  });

  it('is valid where a long name would be cut at a dot', () => {
    assert.match(labelValue(`${'a'.repeat(51)}.${'b'.repeat(40)}`), VALID);
  });
});
