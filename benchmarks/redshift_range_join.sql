WITH entity_rows AS (
  -- the point-in-time join of one view, written after what Feast 0.67 generates for Redshift
  SELECT *, CAST(entity AS VARCHAR) || CAST(event_timestamp AS VARCHAR) AS row_id FROM {spine}
), wanted AS (
  SELECT entity, event_timestamp AS entity_timestamp, row_id FROM entity_rows
  GROUP BY entity, event_timestamp, row_id
), stored AS (
  SELECT event_timestamp, created_timestamp, entity, value FROM {features}
), matching AS (
  SELECT stored.*, wanted.entity_timestamp, wanted.row_id
  FROM stored INNER JOIN wanted
  ON stored.event_timestamp <= wanted.entity_timestamp
  AND stored.event_timestamp >= wanted.entity_timestamp - {ttl} * INTERVAL '1' SECOND
  AND stored.entity = wanted.entity
), created AS (
  SELECT row_id, event_timestamp, MAX(created_timestamp) AS created_timestamp
  FROM matching GROUP BY row_id, event_timestamp
), newest AS (
  SELECT event_timestamp, created_timestamp, row_id FROM (
    SELECT *, ROW_NUMBER() OVER (
      PARTITION BY row_id ORDER BY event_timestamp DESC, created_timestamp DESC
    ) AS place
    FROM matching INNER JOIN created USING (row_id, event_timestamp, created_timestamp)
  ) AS ranked WHERE place = 1
), cleaned AS (
  SELECT matching.* FROM matching
  INNER JOIN newest USING (row_id, event_timestamp, created_timestamp)
)
SELECT entity_rows.entity, entity_rows.event_timestamp, cleaned.value
FROM entity_rows LEFT JOIN (SELECT row_id, value FROM cleaned) AS cleaned USING (row_id)
