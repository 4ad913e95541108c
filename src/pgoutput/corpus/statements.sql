-- recorded.hex has what PostgreSQL 15.18 sent for these statements:
-- SELECT encode(data, 'hex') FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL, 'proto_version', '1',
--   'publication_names', 'p', 'messages', 'true')
CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM('sad','ok'); CREATE DOMAIN shop.cents AS int8; CREATE TYPE shop.pair AS (a int, b text);
CREATE TABLE shop.orders(id int PRIMARY KEY, note text, m shop.mood, c shop.cents, n numeric(10,2), p shop.pair);
CREATE TABLE items(a int, b text); ALTER TABLE items REPLICA IDENTITY FULL;
CREATE TABLE big(id int PRIMARY KEY, t text); ALTER TABLE big ALTER t SET STORAGE EXTERNAL;
CREATE PUBLICATION p FOR TABLE shop.orders, items, big;
SELECT pg_create_logical_replication_slot('s','pgoutput');
BEGIN; INSERT INTO shop.orders VALUES(1,'x','ok',5,1.50,'(1,z)'),(2,NULL,NULL,NULL,NULL,NULL); UPDATE shop.orders SET note='y' WHERE id=1; UPDATE shop.orders SET id=3 WHERE id=2; DELETE FROM shop.orders WHERE id=3; COMMIT;
BEGIN; INSERT INTO items VALUES(1,'b'); UPDATE items SET a=2; DELETE FROM items; COMMIT;
INSERT INTO big VALUES(1,repeat('x',9000)); UPDATE big SET id=2;
UPDATE big SET id=2;
TRUNCATE shop.orders, items CASCADE;
SELECT pg_logical_emit_message(true,'pre','hello'); SELECT pg_logical_emit_message(false,'pre','now');
SELECT pg_replication_origin_create('o'); SELECT pg_replication_origin_session_setup('o'); INSERT INTO items VALUES(7,'o'); SELECT pg_replication_origin_session_reset();
