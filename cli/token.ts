/** `habeas token create`: makes an API token on the machine itself, also the first one. The secret goes to `write` once. */
import { createTokenSchema } from '../contracts/index.js';
import { createTokens } from '../infra/identity/index.js';
import { connectStore } from '../infra/store/connect.js';

/** A year at most: a token that nobody renews should end. */
const MAX_DAYS = 366;

export interface TokenOptions {
  readonly name: string;
  /** Role, or scopes for a machine: one of both. */
  readonly role?: string;
  readonly scopes?: readonly string[];
  /** Operator id or `*`. */
  readonly operator: string;
  readonly organisation?: string;
  /** Days until it ends; at most 366, default 90. */
  readonly days?: number;
  readonly json?: boolean;
}

/**
 * @returns 0, or 2 when the options do not fit together (each fault is written)
 * Errors: StoreError when the store is away
 */
export async function tokenCreate(
  options: TokenOptions,
  mongodbUrl: string,
  write: (line: string) => void,
  now: Date = new Date(),
): Promise<0 | 2> {
  const expiresAt = new Date(now.getTime() + (options.days ?? 90) * 86_400_000);
  const checked = createTokenSchema.safeParse({
    name: options.name,
    role: options.role,
    scopes: options.scopes,
    operator: options.operator,
    organisation: options.organisation,
    expiresAt: Number.isNaN(expiresAt.getTime()) ? '' : expiresAt.toISOString(),
  });
  if (!checked.success) {
    for (const issue of checked.error.issues) write(`${issue.path.join('.') || 'token'}: ${issue.message}`);
    return 2;
  }
  const left = expiresAt.getTime() - now.getTime();
  if (left <= 0 || left > MAX_DAYS * 86_400_000) {
    write(`days: must be 1 to ${MAX_DAYS}`);
    return 2;
  }
  const store = await connectStore({ url: mongodbUrl, appName: 'habeas-cli' });
  try {
    const tokens = createTokens({ db: store.db, now: () => now.getTime() });
    await tokens.ensureIndexes();
    const { name, role, scopes, operator, organisation } = checked.data;
    const issued = await tokens.issue({
      name,
      role: role ?? null,
      scopes: scopes ?? [],
      operators: [operator],
      organisation: organisation ?? null,
      expiresAt,
    });
    if (options.json === true)
      write(JSON.stringify({ id: issued.id, token: issued.token, expiresAt: expiresAt.toISOString() }));
    else write(`${issued.token}\n${issued.id} ends ${expiresAt.toISOString()}; it is shown only now`);
    return 0;
  } finally {
    await store.close();
  }
}
