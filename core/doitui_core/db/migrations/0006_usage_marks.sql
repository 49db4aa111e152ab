-- A hit is written as `counted` where nothing speaks against it, so that counting an hour need not write its hits again. How far the counts
-- really go is said by the hour: `counted_to` is the last hit in them, which is exact because whoever adds hits holds the hour's row from before
-- they get their ids until they are committed. `marked_at` 0: there is nothing to count. `changes`: how often hits came to it or were counted;
-- who has counted it writes that down only if it is still what it was. A row stays when its hits are pruned.
DROP TABLE usage_hour;
CREATE TABLE usage_hour (
    hour BIGINT NOT NULL PRIMARY KEY,
    marked_at BIGINT NOT NULL,
    counted_to BIGINT NOT NULL DEFAULT 0,
    changes BIGINT NOT NULL DEFAULT 0
);
-- What has to be counted, among the hours of years.
CREATE INDEX usage_hour_marked ON usage_hour (marked_at) WHERE marked_at > 0;

-- What was counted until now is counted anew, by hits; the hour of a hit is that of some zone between UTC-12 and UTC+14.
DELETE FROM usage_count WHERE source <> 'import' AND NOT EXISTS (
    SELECT 1 FROM usage_day JOIN doi ON doi.repository_id = usage_day.repository_id
    WHERE doi.id = usage_count.doi_id AND usage_day.day = usage_count.day AND usage_day.frozen = 1
);
UPDATE usage_hit SET reason = 'counted' WHERE reason IN ('new', 'double_click', 'taken_back');
INSERT INTO usage_hour (hour, marked_at)
WITH RECURSIVE shift (hours) AS (SELECT -12 UNION ALL SELECT hours + 1 FROM shift WHERE hours < 14)
SELECT DISTINCT utc + hours, 1 FROM shift CROSS JOIN
    (SELECT DISTINCT at / 3600000000 AS utc FROM usage_hit WHERE reason IN ('counted', 'takes_back')) AS seen;
