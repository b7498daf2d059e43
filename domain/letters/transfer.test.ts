import { expect, it } from 'vitest';
import { contextFor, factsFor, step } from '../../test/support/letters.js';
import { LANGUAGES } from '../words.js';
import { lintLetter } from './lint.js';
import { renderLetter } from './render.js';

const facts = (transfer: 'sent' | 'not_sent' | 'waiting') =>
  factsFor({
    right: 'portability',
    outcome: 'fulfilled',
    packageReady: true,
    transfer,
    steps: [step({ operation: 'collect', outcome: 'done', records: 2 })],
  });

it.each(LANGUAGES)(
  '%s: an answer says whether the data went to the receiver, and if not why and what now',
  (language) => {
    const context = contextFor(language);
    const { texts } = context;
    expect(renderLetter('final', facts('sent'), context).body).toContain(texts.transferSent);
    const not = renderLetter('final', facts('not_sent'), context);
    expect(not.body).toContain(texts.transferNotSent);
    expect(not.body).toContain(texts.court);
    expect(renderLetter('interim', facts('waiting'), context).body).toContain(texts.transferWaits);
  },
);

it('a letter that hides that nothing was sent does not pass the lint', () => {
  const context = contextFor('en');
  const order = facts('not_sent');
  const letter = renderLetter('final', order, context);
  expect(lintLetter('final', order, context, letter)).toEqual([]);
  const silent = { ...letter, blocks: letter.blocks.filter((b) => b.name !== 'reasons') };
  expect(lintLetter('final', order, context, silent)).toContain('reasons');
});
