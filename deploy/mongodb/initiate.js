// Begins the replica set and makes the two users of Habeas: the store's user cannot read or change the ledger's database,
// and the other way round. Harmless when run again: what is there is left, passwords follow the environment.
const { APP_PASSWORD, LEDGER_PASSWORD } = process.env;
try {
  rs.status();
} catch {
  rs.initiate({ _id: 'habeas', members: [{ _id: 0, host: 'mongodb:27017' }] });
}
while (!db.hello().isWritablePrimary) sleep(500);
for (const [user, pwd, name] of [
  ['habeas', APP_PASSWORD, 'habeas'],
  ['habeas_ledger', LEDGER_PASSWORD, 'habeas_ledger'],
]) {
  const database = db.getSiblingDB(name);
  const roles = [{ role: 'readWrite', db: name }];
  if (database.getUser(user) === null) database.createUser({ user, pwd, roles });
  else database.updateUser(user, { pwd, roles });
}
