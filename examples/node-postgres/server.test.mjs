import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe } from './server.mjs';

test('the database speaks the PostgreSQL protocol', async () => {
  const answer = await probe({ host: process.env.PGHOST, port: Number(process.env.PGPORT) });
  assert.match(answer, /[SN]/);
});
