"""From a rendered site to the public: audit and lint of what is actually published, editions, rollback.

Input: folders of finished sites. Output: findings, and the site that readers see. It never sees a secret result.
"""
