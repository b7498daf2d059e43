/** Record ids and identifier values: BSON on the server, plain text everywhere else. */
import { Binary, BSON, Decimal128, Double, Int32, Long, ObjectId, UUID } from 'mongodb';

/** `_id` as canonical Extended JSON: keeps Int32, Long, Double, ObjectId and UUID apart. */
export function refIdOf(id: unknown): string {
  return BSON.EJSON.stringify(id, { relaxed: false });
}

/** Inverse of {@link refIdOf}; the BSON type survives. */
export function idOfRef(ref: string): unknown {
  return BSON.EJSON.parse(ref, { relaxed: false });
}

/** Text form of a scalar that can identify somebody; null for what cannot (documents, booleans, dates, null). */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Int32 || value instanceof Double) return String(value.valueOf());
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  if (value instanceof Binary && value.sub_type === Binary.SUBTYPE_UUID) return new UUID(value.buffer).toString();
  return null;
}

/**
 * The BSON values that one id can be stored as: the text itself, and the ObjectId, number or UUID that it spells (a
 * foreign key is often stored in another type than the `_id` it points to).
 */
export function variantsOf(text: string): unknown[] {
  const variants: unknown[] = [text];
  if (/^[0-9a-f]{24}$/.test(text)) variants.push(new ObjectId(text));
  if (/^(0|-?[1-9]\d{0,18})$/.test(text)) {
    const long = Long.fromString(text);
    if (long.toString() === text) variants.push(long);
  }
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(text)) variants.push(new UUID(text));
  return variants;
}
