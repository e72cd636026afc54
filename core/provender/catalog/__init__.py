"""All registered definitions of a project: loaded, planned and committed as one document."""
