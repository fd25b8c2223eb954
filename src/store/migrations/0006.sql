-- What a person says yes to. request: SHA-256 of the one request (proto/request.h and the upstream's name) that a handoff was opened for, and
-- that a lease of kind once admits; zero: none, so one of before this admits nothing and the person is asked again. shown: the projection of that
-- request, for the page; emptied when the handoff ends.
ALTER TABLE handoff ADD COLUMN request BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000' CHECK (length(request) = 32);
ALTER TABLE handoff ADD COLUMN shown BLOB NOT NULL DEFAULT x'';
ALTER TABLE lease ADD COLUMN request BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000' CHECK (length(request) = 32);
