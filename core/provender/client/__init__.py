"""A thin client of the feature server: needs the extra, ``pip install 'provender[client]'``.

::

    from provender.client import Client

    with Client("http://127.0.0.1:6566") as client:
        found = client.get_online_features(["driver_stats:rating"], {"driver_id": [1001]})
        print(found["rating"], found.statuses("rating"))
"""

from provender.client.async_client import AsyncClient
from provender.client.client import Client
from provender.client.online_features import OnlineFeatures

__all__ = ["AsyncClient", "Client", "OnlineFeatures"]
