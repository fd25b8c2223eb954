-- Handoffs of different kinds may wait for a person, client and upstream, and for one request, at the same time.
DROP INDEX handoff_live;
CREATE UNIQUE INDEX handoff_live ON handoff (user, client, upstream, kind, request) WHERE state < 3;
