/** A request in miniature: accepts, refuses by code, and can be over. Only for the gateway's own test. */
import { ApplicationFailure, condition, defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';

interface Payload {
  readonly action: string;
}

export async function request(input: { readonly requestId: string }): Promise<void> {
  let revision = 1;
  let over = false;
  setHandler(defineQuery<object>('view'), () => ({
    view: { id: input.requestId, revision },
    approvals: [],
    busy: false,
  }));
  setHandler(
    defineUpdate<{ revision: number; state: string }, [Payload]>('act'),
    ({ action }) => {
      revision += 1;
      if (action === 'release') over = true;
      return { revision, state: 'executing' };
    },
    {
      validator: ({ action }) => {
        if (action === 'extend')
          throw ApplicationFailure.create({
            type: 'action_not_allowed',
            message: 'no',
            details: [{ allowedActions: ['withdraw'] }],
          });
        if (action === 'refuse') throw new Error('a fault with canary in it');
      },
    },
  );
  await condition(() => over);
}
