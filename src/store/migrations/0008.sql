-- Where a yes is for one request, each has a handoff of its own (keeper/handoff.c), so those of one person, client and upstream may be several.
DROP INDEX handoff_live;
CREATE UNIQUE INDEX handoff_live ON handoff (user, client, upstream, request) WHERE state < 3;
