-- The point-in-time join of one view as a range join, as Feast 0.67 documents it for BigQuery:
-- every entity row gets an id of concatenated text; all rows of the view at or before its instant,
-- within the ttl, are joined to it; the newest creation of each instant and then the newest
-- instant is kept; the winner is joined back, twice, by that id.
CREATE TEMP TABLE entity_rows AS (
  SELECT *, CONCAT(CAST(entity AS STRING), CAST(event_timestamp AS STRING)) AS row_id
  FROM `{spine}`
);
CREATE TEMP TABLE cleaned AS (
  WITH wanted AS (
    SELECT entity, event_timestamp AS entity_timestamp, row_id FROM entity_rows
    GROUP BY entity, entity_timestamp, row_id
  ),
  stored AS (
    SELECT event_timestamp, created_timestamp, entity, value FROM `{features}`
  ),
  matching AS (
    SELECT stored.*, wanted.entity_timestamp, wanted.row_id
    FROM stored INNER JOIN wanted
    ON stored.event_timestamp <= wanted.entity_timestamp
    AND stored.event_timestamp >= TIMESTAMP_SUB(wanted.entity_timestamp, INTERVAL {ttl} SECOND)
    AND stored.entity = wanted.entity
  ),
  created AS (
    SELECT row_id, event_timestamp, MAX(created_timestamp) AS created_timestamp
    FROM matching GROUP BY row_id, event_timestamp
  ),
  newest AS (
    SELECT event_timestamp, created_timestamp, row_id FROM (
      SELECT *, ROW_NUMBER() OVER (
        PARTITION BY row_id ORDER BY event_timestamp DESC, created_timestamp DESC
      ) AS place
      FROM matching INNER JOIN created USING (row_id, event_timestamp, created_timestamp)
    ) WHERE place = 1
  )
  SELECT matching.* FROM matching
  INNER JOIN newest USING (row_id, event_timestamp, created_timestamp)
);
SELECT entity_rows.entity, entity_rows.event_timestamp, cleaned.value
FROM entity_rows LEFT JOIN (SELECT row_id, value FROM cleaned) AS cleaned USING (row_id)
